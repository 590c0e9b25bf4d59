/** Answers of a broker that will not change for the same record. */
const FOR_GOOD = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];

interface KafkaError extends Error {
  /** The broker's answer, by its name in the protocol. */
  readonly type?: string;
}

/** Why the broker will never take what was sent; null when the error says nothing of the kind. */
export function refusalOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { type, message } = cause as KafkaError;
    if (type !== undefined && FOR_GOOD.includes(type)) return `${type}: ${message}`;
  }
  return null;
}
