import { AppendInDoubt, type IndexedWal, LogCorrupt } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { assertEachOnce } from './each-once.js';

export interface Duel {
  /** Two processes' logs over the same servers, whatever stands between. */
  readonly contenders: readonly [IndexedWal, IndexedWal];
  /** Another handle, opened after the duel, that reads everything from the servers. */
  readonly judge: () => Promise<IndexedWal>;
  readonly partition: number;
  /** Ends when so many entries were acknowledged. */
  readonly acknowledged: number;
  /** Appends that one contender tries to have under way at a time. */
  readonly width: number;
  /** Entries after which a contender is deposed by the other, about. */
  readonly reign: number;
}

export interface DuelReport {
  readonly acknowledged: number;
  /** Appends that were rejected: fenced, void, or in doubt for good. */
  readonly rejected: number;
  readonly claims: number;
  readonly entriesInLog: number;
}

/**
 * Two owners that believe in themselves depose one another under load. Throws unless every entry that was acknowledged stands
 * in the log exactly once, at the position that was told, in streams that verify, and nothing that was refused for sure.
 */
export async function duel(plan: Duel): Promise<DuelReport> {
  const told = new Map<string, number>();
  const refused = new Set<string>();
  const report = { acknowledged: 0, rejected: 0, claims: 0, entriesInLog: 0 };
  let streams = 0;
  let reigning = 0;
  const fight = async (who: 0 | 1): Promise<void> => {
    const wal = plan.contenders[who];
    while (report.acknowledged < plan.acknowledged) {
      if (reigning !== who) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
        continue;
      }
      const lease = await wal.acquire(plan.partition).catch((error: unknown) => {
        if (error instanceof LogCorrupt) throw error;
        return null;
      });
      if (lease === null) continue;
      report.claims += 1;
      const reignEnd = report.acknowledged + plan.reign;
      const writer = async (): Promise<void> => {
        streams += 1;
        const streamId = executionIn(plan.partition, streams * 4);
        const book = new LogBook();
        // goes on beyond its reign, until the other's claim ends it
        while (report.acknowledged < plan.acknowledged) {
          const entry = book.next(streamId);
          try {
            const [position] = await wal.append(lease, [entry]);
            report.acknowledged += 1;
            told.set(entry.hash.toString('hex'), position as number);
          } catch (error) {
            report.rejected += 1;
            if (!(error instanceof AppendInDoubt)) refused.add(entry.hash.toString('hex'));
            reigning = 1 - who;
            return;
          }
          if (report.acknowledged >= reignEnd) reigning = 1 - who;
        }
      };
      await Promise.all(Array.from({ length: plan.width }, writer));
    }
    reigning = 1 - who;
  };
  await Promise.all([fight(0), fight(1)]);
  const judge = await plan.judge();
  report.entriesInLog = await assertEachOnce(judge, plan.partition, told, refused);
  await judge.close();
  return report;
}
