import { ConnectionFailed, InvalidArgument, ProblemError, UnexpectedReply } from './failures.js';
import { type ClientPorts, pause } from './ports.js';
import { EventRecord, isSettledStatus, type StatusReply } from './replies.js';
import { serverSentEvents } from './server-sent-events.js';
import type { Transport } from './transport.js';

export interface FollowOptions {
  /** Seq of the last record that is already known. */
  readonly after?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/** Servers send a heartbeat every 15 s. */
const SILENCE_MS = 45_000;
const RECONNECT_MS = 1_000;
/** Connections in a row that brought no record and did not last, or fell silent, before the stream is given up. */
const BARREN_MAX = 30;
/** A connection that lasted as long was a healthy one, to an execution that waits. */
const LASTING_MS = 5_000;

/** After these nothing comes. A stuck execution may be taken up again: whether it was, the status says. */
const TERMINAL = new Set(['execution.completed', 'execution.failed', 'execution.cancelled', 'execution.compensated']);

/** How far the stream was read, over all of its connections. */
interface Position {
  after: number;
  barrenConnections: number;
  reconnectMs: number;
}

type Ending = { readonly kind: 'settled' | 'ended' } | { readonly kind: 'broken'; readonly cause: Error };

/** Every record of an execution from `after` on, as it becomes durable, until it settles; survives cut connections. */
export async function* followEvents(
  transport: Transport,
  ports: ClientPorts,
  executionId: string,
  readStatus: () => Promise<StatusReply>,
  options: FollowOptions,
): AsyncGenerator<EventRecord, void> {
  const { signal } = options;
  const path = `/v1/executions/${encodeURIComponent(executionId)}/events`;
  const position: Position = { after: options.after ?? 0, barrenConnections: 0, reconnectMs: RECONNECT_MS };
  for (;;) {
    position.barrenConnections += 1;
    const ending = yield* oneConnection(transport, ports, path, position, signal);
    if (ending.kind === 'settled' || signal?.aborted === true) return;
    if (ending.kind === 'ended' && (await hasNoMore(readStatus, position.after))) return;
    if (position.barrenConnections >= BARREN_MAX) throw givenUp(path, ending);
    await pause(ports.scheduler, position.reconnectMs, signal);
  }
}

async function* oneConnection(
  transport: Transport,
  { clock }: ClientPorts,
  path: string,
  position: Position,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventRecord, Ending> {
  const headers = { accept: 'text/event-stream', 'last-event-id': String(position.after) };
  const onRetry = (waitMs: number): void => {
    position.reconnectMs = waitMs;
  };
  let openedAtMs = Number.POSITIVE_INFINITY;
  const noteIfLasting = (): void => {
    if (clock.nowMs() - openedAtMs >= LASTING_MS) position.barrenConnections = 0;
  };
  try {
    const { body } = await transport.send({
      method: 'GET',
      path,
      headers,
      repetition: 'always',
      silenceMs: SILENCE_MS,
      signal,
    });
    openedAtMs = clock.nowMs();
    for await (const message of serverSentEvents(body, onRetry)) {
      const record = recordOf(message.data);
      if (record.seq <= position.after) continue;
      position.after = record.seq;
      position.barrenConnections = 0;
      yield record;
      if (TERMINAL.has(record.type)) return { kind: 'settled' };
    }
    noteIfLasting();
    return { kind: 'ended' };
  } catch (cause) {
    if (signal?.aborted === true) return { kind: 'ended' };
    if (isFinal(cause)) throw cause;
    if (!fellSilent(cause)) noteIfLasting();
    return { kind: 'broken', cause: cause as Error };
  }
}

/** Whatever breaks while records arrive is a cut connection; a refusal, a foreign answer and what cannot be sent are not. */
const isFinal = (cause: unknown): boolean =>
  cause instanceof ProblemError ||
  cause instanceof UnexpectedReply ||
  cause instanceof ConnectionFailed ||
  cause instanceof InvalidArgument;

/** Not even a heartbeat came: nobody knows whether the server lives. */
const fellSilent = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'UND_ERR_BODY_TIMEOUT';

function recordOf(data: string): EventRecord {
  let record: unknown;
  try {
    record = JSON.parse(data);
  } catch {
    throw new UnexpectedReply('an event is not JSON');
  }
  const checked = EventRecord.safeParse(record);
  if (!checked.success) throw new UnexpectedReply(`not a record of the log: ${checked.error.issues[0]?.message}`);
  return record as EventRecord;
}

/** A stream that ends without a terminal record is over when there is nothing after what was read. */
async function hasNoMore(readStatus: () => Promise<StatusReply>, after: number): Promise<boolean> {
  const { status, lastSeq } = await readStatus();
  return isSettledStatus(status) && lastSeq <= after;
}

const givenUp = (path: string, ending: Ending): Error =>
  ending.kind === 'broken'
    ? new ConnectionFailed(path, false, ending.cause)
    : new UnexpectedReply(`${path} ends at once`);
