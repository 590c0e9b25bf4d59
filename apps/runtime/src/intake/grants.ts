import type { GrantsReply } from '@intendant/intent-model';
import { AgeOrderedMap } from '@intendant/kernel';
import type { LogWriter } from '@intendant/partition';
import { type Entry, grantsOf } from '@intendant/wal';

export type Grant = GrantsReply['grants'][number];

/** References whose grants are remembered; the log has the rest. */
const REMEMBERED_MAX = 10_000;
/** Entries read beyond those that were missed, for more may come meanwhile. */
const SPARE_ENTRIES = 16;

interface Fold {
  readonly nextSeq: number;
  readonly lastHash: Buffer;
  readonly grants: ReadonlyMap<string, Grant>;
}

/** Grants of a reference as the fold of their stream: what was folded once is not read again, however often it was changed. */
export class Grants {
  readonly #folds = new AgeOrderedMap<Fold>();

  constructor(
    private readonly log: LogWriter,
    /** Up to so many entries of a stream, newest first. */
    private readonly newest: (streamId: string, count: number) => Promise<readonly Entry[]>,
  ) {}

  /** Oldest first; with everything that was acknowledged before. */
  async of(tenantId: string, reference: string): Promise<readonly Grant[]> {
    const stream = grantsOf(tenantId, reference);
    await this.log.catchUp(stream);
    const { nextSeq } = await this.log.wal.streamHead(stream);
    let fold = this.#folds.get(stream);
    if (fold === undefined || fold.nextSeq !== nextSeq) {
      const missed = fold === undefined ? null : await this.#missed(stream, fold, nextSeq);
      fold = missed === null ? folded(await this.log.wal.readStream(stream)) : folded(missed, fold);
      if (fold === undefined) return [];
      this.#remember(stream, fold);
    }
    return [...fold.grants.values()];
  }

  /** What follows the fold, or null when that cannot be told without the whole stream. */
  async #missed(stream: string, fold: Fold, nextSeq: number): Promise<readonly Entry[] | null> {
    const newest = await this.newest(stream, Math.max(0, nextSeq - fold.nextSeq) + SPARE_ENTRIES);
    const missed = newest.filter(({ firstSeq }) => firstSeq >= fold.nextSeq).reverse();
    return missed[0]?.prevHash.equals(fold.lastHash) === true ? missed : null;
  }

  #remember(stream: string, fold: Fold): void {
    this.#folds.set(stream, fold);
    const { oldestKey } = this.#folds;
    if (this.#folds.size > REMEMBERED_MAX && oldestKey !== undefined) this.#folds.delete(oldestKey);
  }
}

function folded(entries: readonly Entry[], before?: Fold): Fold | undefined {
  const grants = new Map<string, Grant>(before?.grants);
  for (const record of entries.flatMap((entry) => entry.records)) {
    if (record.type === 'grant.revoked') grants.delete(record.data.grantee);
    if (record.type !== 'grant.given') continue;
    const { grantee } = record.data;
    const grantedBy = record.actor.slice('user:'.length);
    grants.set(grantee, { grantee, grantedBy, grantedAt: record.occurredAt });
  }
  const last = entries.at(-1);
  return last && { nextSeq: last.firstSeq + last.records.length, lastHash: last.hash, grants };
}
