/** One live instance, whatever carries the messages to it. */
export interface ParticipantConnection {
  /** True while a connection stands; a transport without connections leaves it out. */
  readonly connected?: boolean;
  /** Calls that it can carry at once, where that is bounded. */
  readonly callsMax?: number;
  /** Rejects when the instance cannot be reached; then nothing was sent. */
  connect(): Promise<void>;
  /** One call and its outcome; the caller keeps the time. Rejects with {@link NotDelivered} when nothing was begun. */
  request<T>(pattern: string, data: unknown): Promise<T>;
  call<T>(pattern: string, data: unknown, timeoutMs: number): Promise<T>;
  /** Fire and forget. */
  emit(pattern: string, data: unknown): void;
  close(): void;
}

/** Nobody was reached, or nobody that knows who is calling: the attempt has not begun. */
export class NotDelivered extends Error {}
