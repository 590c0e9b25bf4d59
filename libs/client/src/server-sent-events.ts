import type { Readable } from 'node:stream';
import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** One record is far smaller; a server that sends more than this without an end is not ours. */
const MESSAGE_CHARS_MAX = 64 * 1024 * 1024;

/** The messages of a `text/event-stream` body, in order; `onRetry` hears how long the server wants clients to wait. */
export async function* serverSentEvents(
  body: Readable,
  onRetry: (waitMs: number) => void,
): AsyncGenerator<EventSourceMessage, void> {
  const decoder = new TextDecoder();
  let parsed: EventSourceMessage[] = [];
  const parser = createParser({
    maxBufferSize: MESSAGE_CHARS_MAX,
    onEvent: (message) => parsed.push(message),
    onRetry,
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error;
    },
  });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk as Buffer, { stream: true }));
    const ready = parsed;
    parsed = [];
    yield* ready;
  }
}
