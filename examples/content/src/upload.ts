import type { ContentDescriptor, Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';

export interface UploadPayload {
  readonly ingestionType?: 'upload';
  readonly uiName: string;
  readonly fileType: string;
  readonly mimeType?: string;
  readonly contentRef: string;
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

/**
 * Registers stored content as a file of the session. The same bytes in the same session are the same file.
 * Throws `content_digest_mismatch`, `content_size_mismatch` when the content is not what the payload says it is.
 */
export async function upload(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const payload = intent.payload as unknown as UploadPayload;
  const content = context.references.content(payload.contentRef);
  checkClaims(payload, content);
  const fileId = artifactIdOf('file', content.sha256, intent.sessionId);
  const mimeType = payload.mimeType ?? 'application/octet-stream';
  const file = {
    uiName: payload.uiName,
    fileType: payload.fileType,
    mimeType,
    contentRef: content.ref,
    sha256: content.sha256,
    sizeBytes: content.sizeBytes,
    boundaryContractId: context.boundaryContractId,
  };
  return {
    artifacts: [
      {
        artifactId: fileId,
        resultType: 'file',
        semanticPayload: file,
        renderings: [{ mediaType: mimeType, content }],
        parents: [content.ref],
      },
    ],
    events: [{ eventType: 'content.file_registered', data: { fileId, ...file } }],
    stateChanges: [],
  };
}

function checkClaims(payload: UploadPayload, content: ContentDescriptor): void {
  const { sha256, sizeBytes } = payload;
  if (sha256 !== undefined && sha256 !== content.sha256) {
    throw new StepFailure('content_digest_mismatch', 'the content has another SHA-256 than the payload says', {
      details: { contentRef: content.ref, claimed: sha256, actual: content.sha256 },
    });
  }
  if (sizeBytes !== undefined && sizeBytes !== content.sizeBytes) {
    throw new StepFailure(
      'content_size_mismatch',
      `the content has ${content.sizeBytes} bytes, the payload says ${sizeBytes}`,
      {
        details: { contentRef: content.ref, claimed: sizeBytes, actual: content.sizeBytes },
      },
    );
  }
}
