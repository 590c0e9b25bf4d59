import { decodeText, decodeXml } from '@intendant/example-documents';
import type { ContentDescriptor } from '@intendant/intent-model';
import { type HandlerContext, StepFailure } from '@intendant/participant';

const TEXT_BYTES_MAX = 16 * 1024 * 1024;

/** Text of a content. Throws `content_too_large`, `invalid_encoding`, `encoding_not_supported`. */
export async function readText(context: HandlerContext, content: ContentDescriptor): Promise<string> {
  return decodeText(await readBytes(context, content)).text;
}

/** Text of a content that is XML, which may declare its encoding. Throws as `readText` does. */
export async function readXml(context: HandlerContext, content: ContentDescriptor): Promise<string> {
  return decodeXml(await readBytes(context, content)).text;
}

async function readBytes(context: HandlerContext, content: ContentDescriptor): Promise<Buffer> {
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
  return Buffer.concat(chunks);
}
