import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { partitionOf } from '@intendant/wal';
import { logDirectoryIn, SqliteLogReader } from '@intendant/wal-sqlite';
import type { Cluster, User } from './cluster.js';

const HISTORIES = fileURLToPath(new URL('../../examples/testing/fixtures/histories', import.meta.url));

/**
 * Keeps executions that follow each other over the same systems, entry by entry, as the log of this cluster has them. With
 * INTENDANT_WRITE_FIXTURES=1, and in a folder that is not there yet: all of a story is of one run.
 */
export class EntryKeeper {
  readonly #folder: string;
  readonly #writes: boolean;
  #kept = 0;

  constructor(
    story: string,
    private readonly cluster: Cluster,
    private readonly auditor: User,
  ) {
    this.#folder = join(HISTORIES, story);
    this.#writes = process.env.INTENDANT_WRITE_FIXTURES === '1' && !existsSync(this.#folder);
  }

  /** With the digests that the Runtime itself tells, and what its handler read. */
  async keep(name: string, executionId: string, content?: string): Promise<void> {
    if (!this.#writes) return;
    this.#kept += 1;
    const file = join(this.#folder, `${String(this.#kept).padStart(2, '0')}-${name}.json`);
    mkdirSync(this.#folder, { recursive: true });
    const digestIn = async (mode: string): Promise<string> =>
      (await this.auditor.post(`/v1/executions/${executionId}/replay`, { mode })).body.digest;
    const { status } = (await this.auditor.get(`/v1/executions/${executionId}`)).body;
    const [stateDigest, eventsDigest] = [await digestIn('state_only'), await digestIn('events_only')];
    const entries = await this.#entriesOf(executionId);
    const history = { executionId, status, stateDigest, eventsDigest, entries };
    writeFileSync(file, `${JSON.stringify(history, null, 1)}\n`);
    if (content === undefined) return;
    writeFileSync(join(HISTORIES, 'content', createHash('sha256').update(content).digest('hex')), content);
  }

  async #entriesOf(executionId: string): Promise<readonly object[]> {
    const log = new SqliteLogReader(logDirectoryIn(this.cluster.lab.dataDir));
    const all = await log.read(partitionOf(executionId, log.describe().partitionCount), 1, 1_000_000);
    log.close();
    return all
      .filter(({ streamId }) => streamId === executionId)
      .map(({ firstSeq, recordCount, prevHash, hash, body }) => ({
        firstSeq,
        recordCount,
        prevHash: prevHash.toString('hex'),
        hash: hash.toString('hex'),
        body: body.toString('utf8'),
      }));
  }
}
