import type { ContentDescriptor } from '@intendant/intent-model';
import { type HandlerContext, StepFailure } from '@intendant/participant';

const TEXT_BYTES_MAX = 16 * 1024 * 1024;

/** UTF-8 or UTF-16 text of a content. Throws `content_too_large`, `invalid_encoding`. */
export async function readText(context: HandlerContext, content: ContentDescriptor): Promise<string> {
  if (content.sizeBytes > TEXT_BYTES_MAX) {
    throw new StepFailure(
      'content_too_large',
      `content has ${content.sizeBytes} bytes, at most ${TEXT_BYTES_MAX} are read`,
      {
        details: { ref: content.ref, sizeBytes: content.sizeBytes, sizeBytesMax: TEXT_BYTES_MAX },
      },
    );
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await context.content.read(content.ref)) chunks.push(Buffer.from(chunk as Uint8Array));
  const bytes = Buffer.concat(chunks);
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new StepFailure('invalid_encoding', `the bytes are not ${encoding}`, {
      details: { ref: content.ref, encoding },
    });
  }
}
