import { Readable } from 'node:stream';
import type { ContentDescriptor } from '@intendant/intent-model';
import type { HandlerContext } from '@intendant/participant';

const BATCH_CHARACTERS = 64 * 1024;

/** Writes one JSON text per line while the records are made; `recordCount` is how many there were. */
export async function writeRecordLines(
  context: HandlerContext,
  records: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<{ content: ContentDescriptor; recordCount: number }> {
  let recordCount = 0;
  let failure: unknown;
  async function* batches(): AsyncGenerator<string> {
    let batch = '';
    try {
      for await (const record of records) {
        recordCount += 1;
        batch += `${JSON.stringify(record)}\n`;
        if (batch.length < BATCH_CHARACTERS) continue;
        context.signal.throwIfAborted();
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
    throw failure ?? error;
  }
}
