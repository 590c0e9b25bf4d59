import { Readable } from 'node:stream';
import type { ContentDescriptor } from '@intendant/intent-model';
import { type HandlerContext, StepFailure } from '@intendant/participant';

const BATCH_CHARACTERS = 64 * 1024;

/**
 * Writes one JSON text per line while the records are made; `recordCount` is how many there were. Throws
 * `parsed_content_too_large` when the Runtime does not take so much: how much that is, is its operator's to say.
 */
export async function writeRecordLines(
  context: HandlerContext,
  records: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<{ content: ContentDescriptor; recordCount: number }> {
  let recordCount = 0;
  let parsedBytes = 0;
  let failure: unknown;
  async function* batches(): AsyncGenerator<string> {
    let batch = '';
    try {
      for await (const record of records) {
        recordCount += 1;
        batch += `${JSON.stringify(record)}\n`;
        if (batch.length < BATCH_CHARACTERS) continue;
        context.signal.throwIfAborted();
        parsedBytes += Buffer.byteLength(batch);
        yield batch;
        batch = '';
        // A long file must not keep heartbeats and cancellations from being served.
        await new Promise((resume) => setImmediate(resume));
      }
      yield batch;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    const content = await context.content.write(Readable.from(batches(), { objectMode: false }));
    return { content, recordCount };
  } catch (error) {
    // A transport wraps what its body stream threw; the parser's own failure is what happened.
    if (failure !== undefined) throw failure;
    if (!(error instanceof StepFailure) || error.code !== 'content_too_large') throw error;
    throw new StepFailure(
      'parsed_content_too_large',
      `the file is not too large, but what it is parsed into: ${recordCount} records were ${parsedBytes} bytes of JSON lines when the Runtime refused them (${error.message})`,
      { details: { recordCount, parsedBytes, refusal: error.message } },
    );
  }
}
