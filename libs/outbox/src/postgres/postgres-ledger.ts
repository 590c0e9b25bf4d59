import pg from 'pg';
import { type OutboxLedger, PlaceMoved, PublisherBusy, type Redrive } from '../outbox-ledger.js';
import { OUTBOX_START, type OutboxPlace } from '../outbox-place.js';
import type { DeadLetter } from '../settle.js';
import { ensureTables } from './schema.js';

/** First half of the key of the advisory lock that the one publisher of a log holds; the other is made of the log's id. */
const PUBLISHER_LOCK = 0x4ead_04;
const CONNECT_MS_MAX = 2_000;
const STATEMENT_MS_MAX = 10_000;
/** PostgreSQL ends a session that asks nothing for so long: of a host that is gone it otherwise hears after hours. */
const SILENCE_MS_MAX = 60_000;
const REDRIVES_MAX = 100;
/** When an event was published is known for so long. */
const PUBLICATIONS_KEPT_DAYS = 7;

interface PlaceRow {
  readonly partition: number;
  readonly position: string;
  readonly hash: Buffer;
  readonly events_done: number;
  readonly refusals: number;
}

/** The ledger in PostgreSQL, on one connection that holds the right to publish as long as it lasts. */
export class PostgresLedger implements OutboxLedger {
  private constructor(
    private readonly client: pg.Client,
    private readonly logId: string,
    private readonly partitionCount: number,
  ) {}

  /** Throws `PublisherBusy` while another process has the log's ledger open; rejects when there is no database. */
  static async open(
    url: string,
    logId: string,
    partitionCount: number,
    silenceMs = SILENCE_MS_MAX,
  ): Promise<PostgresLedger> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'intendant-outbox',
      connectionTimeoutMillis: CONNECT_MS_MAX,
      statement_timeout: STATEMENT_MS_MAX,
      query_timeout: 2 * STATEMENT_MS_MAX,
      keepAlive: true,
      idle_in_transaction_session_timeout: silenceMs,
      options: `-c idle_session_timeout=${silenceMs}`,
    });
    // the next question tells that the connection is gone
    client.on('error', () => undefined);
    try {
      await client.connect();
      await ensureTables(client);
      const lock = 'SELECT pg_try_advisory_lock($1, hashtext($2)) AS held';
      const { rows } = await client.query<{ held: boolean }>(lock, [PUBLISHER_LOCK, logId]);
      if (rows[0]?.held !== true) throw new PublisherBusy();
      const ledger = new PostgresLedger(client, logId, partitionCount);
      await ledger.#forgetOldPublications();
      return ledger;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  async places(): Promise<readonly OutboxPlace[]> {
    await this.client.query(
      `INSERT INTO outbox.place (log_id, partition, position, hash, events_done, refusals)
       SELECT $1, partition, 0, $3, 0, 0 FROM generate_series(0, $2::integer - 1) AS partition ON CONFLICT DO NOTHING`,
      [this.logId, this.partitionCount, OUTBOX_START.hash],
    );
    const { rows } = await this.client.query<PlaceRow>(
      'SELECT partition, position, hash, events_done, refusals FROM outbox.place WHERE log_id = $1 ORDER BY partition',
      [this.logId],
    );
    return rows.map(({ position, hash, events_done, refusals }) => ({
      position: Number(position),
      hash,
      eventsDone: events_done,
      refusals,
    }));
  }

  async advance(
    partition: number,
    from: OutboxPlace,
    to: OutboxPlace,
    { delivered, dead }: { readonly delivered: number; readonly dead: DeadLetter | null },
  ): Promise<void> {
    await this.client.query('BEGIN');
    try {
      await this.#move(partition, from, to);
      if (delivered > 0 && to.position > from.position)
        await this.client.query(
          'INSERT INTO outbox.publication (log_id, partition, position) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
          [this.logId, partition, to.position],
        );
      if (dead !== null) await this.#keepDead(dead);
      await this.client.query('COMMIT');
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** Answers as long as the connection lives, and with it the right to publish. */
  async redrives(): Promise<readonly Redrive[]> {
    const { rows } = await this.client.query<{ event_id: string; partition: number; position: string }>(
      `SELECT event_id, partition, position FROM outbox.dead_letter
       WHERE log_id = $1 AND redrive_asked_at IS NOT NULL AND redriven_at IS NULL
       ORDER BY redrive_asked_at, event_id LIMIT ${REDRIVES_MAX}`,
      [this.logId],
    );
    return rows.map(({ event_id, partition, position }) => ({
      eventId: event_id,
      partition,
      position: Number(position),
    }));
  }

  async redriven(eventId: string, refused: string | null): Promise<void> {
    const change =
      refused === null
        ? 'redriven_at = now(), reason = coalesce($3, reason)'
        : 'redrive_asked_at = NULL, attempts = attempts + 1, reason = $3';
    await this.client.query(`UPDATE outbox.dead_letter SET ${change} WHERE log_id = $1 AND event_id = $2`, [
      this.logId,
      eventId,
      refused,
    ]);
  }

  close(): Promise<void> {
    return this.client.end();
  }

  async #move(partition: number, from: OutboxPlace, to: OutboxPlace): Promise<void> {
    const { rowCount } = await this.client.query(
      `UPDATE outbox.place SET position = $3, hash = $4, events_done = $5, refusals = $6
       WHERE log_id = $1 AND partition = $2 AND position = $7 AND events_done = $8 AND refusals = $9`,
      [
        this.logId,
        partition,
        to.position,
        to.hash,
        to.eventsDone,
        to.refusals,
        from.position,
        from.eventsDone,
        from.refusals,
      ],
    );
    if (rowCount !== 1) throw new PlaceMoved(partition);
  }

  async #keepDead({ event, partition, position, reason, attempts }: DeadLetter): Promise<void> {
    await this.client.query(
      `INSERT INTO outbox.dead_letter
         (log_id, event_id, partition, position, tenant_id, execution_id, event_type, created_at, reason, attempts)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
      [
        this.logId,
        event.id,
        partition,
        position,
        event.tenantid,
        event.executionid,
        event.type,
        event.time,
        reason,
        attempts,
      ],
    );
  }

  async #forgetOldPublications(): Promise<void> {
    await this.client.query(
      `DELETE FROM outbox.publication WHERE log_id = $1 AND published_at < now() - interval '${PUBLICATIONS_KEPT_DAYS} days'`,
      [this.logId],
    );
  }
}
