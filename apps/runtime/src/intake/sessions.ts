import type { Principal, Session } from '@intendant/intent-model';
import { AgeOrderedMap, type IdSource, isIdOf, type JsonObject } from '@intendant/kernel';
import type { LogWriter } from '@intendant/partition';
import type { Attribution, LogRecord } from '@intendant/wal';

/** Sessions remembered; the log has the rest. */
const REMEMBERED_MAX = 50_000;

/** Sessions as folds of their streams. */
export class Sessions {
  readonly #remembered = new AgeOrderedMap<Session>();

  constructor(
    private readonly log: LogWriter,
    private readonly ids: IdSource,
  ) {}

  async open(principal: Principal, context: JsonObject, correlationId: string): Promise<Session> {
    const sessionId = this.ids.next('ses');
    const entry = await this.log.append(sessionId, attribution(principal, sessionId, correlationId), [
      {
        type: 'session.opened',
        actor: `user:${principal.userId}`,
        cause: null,
        data: { context: context as never, userId: principal.userId },
      },
    ]);
    return this.#remember(foldSession(sessionId, entry.records) as Session);
  }

  async close(session: Session, principal: Principal, correlationId: string): Promise<Session> {
    if (session.status === 'closed') return session;
    await this.log.append(session.sessionId, attribution(principal, session.sessionId, correlationId), [
      {
        type: 'session.closed',
        actor: `user:${principal.userId}`,
        cause: { seq: session.revision },
        data: { reason: 'closed by its user' },
      },
    ]);
    this.#remembered.delete(session.sessionId);
    return (await this.find(session.sessionId)) as Session;
  }

  /** The session, whoever's it is; callers decide who may know of it. */
  async find(sessionId: string): Promise<Session | undefined> {
    const known = this.#remembered.get(sessionId);
    if (known !== undefined || !isIdOf('ses', sessionId)) return known;
    const entries = await this.log.readStream(sessionId);
    const session = foldSession(
      sessionId,
      entries.flatMap((entry) => entry.records),
    );
    if (session === undefined || !this.log.holds(sessionId)) return session;
    return this.#remember(session);
  }

  /** What is remembered of sessions is true for as long as their partition is held here. */
  forgetAll(): void {
    this.#remembered.clear();
  }

  #remember(session: Session): Session {
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.delete(this.#remembered.oldestKey as string);
    this.#remembered.set(session.sessionId, session);
    return session;
  }
}

const attribution = (principal: Principal, sessionId: string, correlationId: string): Attribution => ({
  tenantId: principal.tenantId,
  sessionId,
  executionId: null,
  intentId: null,
  correlationId,
});

/** The session that these records of its stream make; undefined without its opening. */
export function foldSession(sessionId: string, records: readonly LogRecord[]): Session | undefined {
  let session: Session | undefined;
  for (const record of records) {
    if (record.type === 'session.opened') {
      const { userId, context } = record.data;
      const { tenantId, occurredAt, seq } = record;
      session = {
        sessionId,
        tenantId,
        userId,
        status: 'active',
        context,
        openedAt: occurredAt,
        closedAt: null,
        revision: seq,
      };
    } else if (record.type === 'session.closed' && session !== undefined) {
      session = { ...session, status: 'closed', closedAt: record.occurredAt, revision: record.seq };
    }
  }
  return session;
}
