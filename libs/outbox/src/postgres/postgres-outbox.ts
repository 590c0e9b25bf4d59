import pg from 'pg';

const CONNECTIONS_MAX = 2;
const CONNECT_MS_MAX = 2_000;
const STATEMENT_MS_MAX = 5_000;

/** An event that was given up, as the database has it. */
export interface DeadLetterRow {
  readonly eventId: string;
  readonly executionId: string;
  readonly eventType: string;
  /** When the event was recorded, when it was given up, and when it was published after all. */
  readonly createdAt: Date;
  readonly diedAt: Date;
  readonly redrivenAt: Date | null;
  readonly reason: string;
  /** How often it was refused. */
  readonly attempts: number;
  /** It is to be tried once more, and was not yet. */
  readonly redriveAsked: boolean;
}

const DEAD_LETTER = `event_id AS "eventId", execution_id AS "executionId", event_type AS "eventType",
  created_at AS "createdAt", died_at AS "diedAt", redriven_at AS "redrivenAt", reason, attempts,
  (redrive_asked_at IS NOT NULL AND redriven_at IS NULL) AS "redriveAsked"`;

/** Looks into the ledger of one log from beside its publisher. Rejects as the driver does while there is no database or table. */
export class PostgresOutbox {
  readonly #pool: pg.Pool;

  constructor(
    url: string,
    private readonly logId: string,
    onConnectionLost: (error: Error) => void,
  ) {
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'intendant-outbox-view',
      max: CONNECTIONS_MAX,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      statement_timeout: STATEMENT_MS_MAX,
      query_timeout: 2 * STATEMENT_MS_MAX,
      idleTimeoutMillis: 10_000,
    });
    this.#pool.on('error', onConnectionLost);
  }

  /** Position up to which the events of each partition are done, by partition; none before the first publisher. */
  async positions(): Promise<ReadonlyMap<number, number>> {
    const { rows } = await this.#pool.query<{ partition: number; position: string }>(
      'SELECT partition, position FROM outbox.place WHERE log_id = $1 ORDER BY partition',
      [this.logId],
    );
    return new Map(rows.map(({ partition, position }) => [partition, Number(position)]));
  }

  /** A tenant's, newest first; those that were published after all too. */
  async deadLetters(tenantId: string, limit: number): Promise<readonly DeadLetterRow[]> {
    const { rows } = await this.#pool.query<DeadLetterRow>(
      `SELECT ${DEAD_LETTER} FROM outbox.dead_letter WHERE log_id = $1 AND tenant_id = $2
       ORDER BY died_at DESC, event_id LIMIT $3`,
      [this.logId, tenantId, limit],
    );
    return rows;
  }

  async deadLettersOf(executionId: string): Promise<readonly DeadLetterRow[]> {
    const { rows } = await this.#pool.query<DeadLetterRow>(
      `SELECT ${DEAD_LETTER} FROM outbox.dead_letter WHERE log_id = $1 AND execution_id = $2`,
      [this.logId, executionId],
    );
    return rows;
  }

  /** Dead letters of all tenants that were not published after all. */
  async deadCount(): Promise<number> {
    const { rows } = await this.#pool.query<{ count: string }>(
      'SELECT count(*) FROM outbox.dead_letter WHERE log_id = $1 AND redriven_at IS NULL',
      [this.logId],
    );
    return Number(rows[0]?.count);
  }

  /** When the publication was noted that covers a position; null when that is not known, or longer ago than is kept. */
  async publishedAt(partition: number, position: number): Promise<Date | null> {
    const { rows } = await this.#pool.query<{ published_at: Date }>(
      `SELECT published_at FROM outbox.publication WHERE log_id = $1 AND partition = $2 AND position >= $3
       ORDER BY position LIMIT 1`,
      [this.logId, partition, position],
    );
    return rows[0]?.published_at ?? null;
  }

  /** Has the publisher try a dead letter once more; false when the tenant has no such one that is still unpublished. */
  async askRedrive(tenantId: string, eventId: string): Promise<boolean> {
    // PostgreSQL takes no NUL
    if (eventId.includes('\0')) return false;
    const { rowCount } = await this.#pool.query(
      `UPDATE outbox.dead_letter SET redrive_asked_at = coalesce(redrive_asked_at, now())
       WHERE log_id = $1 AND tenant_id = $2 AND event_id = $3 AND redriven_at IS NULL`,
      [this.logId, tenantId, eventId],
    );
    return rowCount === 1;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
