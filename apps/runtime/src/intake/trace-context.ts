/** W3C Trace Context, with whatever a later version may put at its end. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;
const TRACEPARENT_CHARS_MAX = 128;

/** A traceparent, or null for what is none: a broken one is as good as none. */
export function traceparentOf(given: unknown): string | null {
  if (given === undefined || typeof given !== 'string') return null;
  return given.length <= TRACEPARENT_CHARS_MAX && TRACEPARENT.test(given) ? given : null;
}
