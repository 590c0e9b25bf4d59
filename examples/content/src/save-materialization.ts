import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { fileArtifact } from './file-artifact.js';

export interface SaveMaterializationPayload {
  readonly fileId: string;
  readonly boundaryContractId: string;
}

/**
 * Records that a file may be kept under the boundary contract it was taken in with.
 * Throws `boundary_contract_mismatch` when the file came in under another contract.
 */
export async function saveMaterialization(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const { fileId, boundaryContractId } = intent.payload as unknown as SaveMaterializationPayload;
  const file = fileArtifact(context, fileId);
  const takenInUnder = file.semanticPayload.boundaryContractId;
  if (takenInUnder !== boundaryContractId) {
    throw new StepFailure('boundary_contract_mismatch', `${fileId} was not taken in under ${boundaryContractId}`, {
      details: { fileId, boundaryContractId, fileBoundaryContractId: takenInUnder ?? null },
    });
  }
  const { ref, sha256, sizeBytes } = context.references.content(fileId);
  const materializationId = artifactIdOf('materialization', fileId, boundaryContractId);
  const materialization = { fileId, boundaryContractId, contentRef: ref, sha256, sizeBytes, status: 'materialized' };
  return {
    artifacts: [
      {
        artifactId: materializationId,
        resultType: 'materialization',
        semanticPayload: materialization,
        renderings: file.renderings,
        parents: [fileId],
      },
    ],
    events: [{ eventType: 'content.file_materialized', data: { materializationId, ...materialization } }],
    stateChanges: [
      { scope: 'session', key: `content.materialized/${fileId}`, value: { materializationId, boundaryContractId } },
    ],
  };
}
