import type { Artifact } from '@intendant/intent-model';
import { type HandlerContext, StepFailure } from '@intendant/participant';

/** The artifact of an uploaded file. Throws `not_a_file` for an artifact of another kind. */
export function fileArtifact(context: HandlerContext, fileId: string): Artifact {
  const artifact = context.references.artifact(fileId);
  if (artifact.resultType === 'file') return artifact;
  throw new StepFailure('not_a_file', `${fileId} is a ${artifact.resultType}, not a file`, {
    details: { artifactId: fileId, resultType: artifact.resultType },
  });
}
