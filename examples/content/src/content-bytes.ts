import type { ContentDescriptor } from '@intendant/intent-model';
import { type HandlerContext, StepFailure } from '@intendant/participant';

/** Largest content a parser takes in: formats are decoded from memory, output is streamed. */
export const CONTENT_BYTES_MAX = 256 * 1024 * 1024;

/** The bytes behind a descriptor. Throws `content_too_large`, `content_empty`. */
export async function readContent(context: HandlerContext, content: ContentDescriptor): Promise<Buffer> {
  if (content.sizeBytes > CONTENT_BYTES_MAX) {
    throw new StepFailure(
      'content_too_large',
      `content has ${content.sizeBytes} bytes, at most ${CONTENT_BYTES_MAX} can be parsed`,
      {
        details: { ref: content.ref, sizeBytes: content.sizeBytes, sizeBytesMax: CONTENT_BYTES_MAX },
      },
    );
  }
  if (content.sizeBytes === 0) {
    throw new StepFailure('content_empty', `${content.ref} has no bytes`, { details: { ref: content.ref } });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await context.content.read(content.ref)) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
