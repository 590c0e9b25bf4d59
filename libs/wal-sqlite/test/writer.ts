// A process that writes as fast as it can and says on its standard output what was acknowledged:
//   writer.ts <directory> <run>
// After a failed append it says what it sees, and ends.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { digestOf } from '@intendant/kernel';
import {
  EMPTY_HEAD,
  type Entry,
  encodeEntry,
  headAfter,
  type Lease,
  partitionOf,
  type RecordDraft,
} from '@intendant/wal';
import { SqliteWal } from '../src/index.js';

const [directory = '', run = '0'] = process.argv.slice(2);
const wal = new SqliteWal({ directory, partitionCount: 4, onFatal: () => undefined });
const leases: readonly Lease[] = await Promise.all([0, 1, 2, 3].map((partition) => wal.acquire(partition)));
const say = (line: string): void => void writeSync(1, `${line}\n`);

const draft = (type: string, data: object): RecordDraft =>
  ({ type, data, actor: 'runtime', cause: null }) as RecordDraft;

/** The keys under which the n-th execution of this run was accepted. */
const keyOf = (streamId: string): string => digestOf(['key', streamId]);

function* entriesOf(streamId: string): Generator<Entry> {
  const attribution = { tenantId: 'acme', sessionId: null, executionId: streamId, intentId: null, correlationId: null };
  let head = EMPTY_HEAD;
  const next = (...drafts: RecordDraft[]): Entry => {
    const entry = encodeEntry(streamId, head, attribution, new Date().toISOString(), drafts);
    head = headAfter(entry);
    return entry;
  };
  const received = {
    fingerprint: digestOf(streamId),
    intent: { payload: 'x'.repeat(400) },
    keyDigest: keyOf(streamId),
  };
  yield next(draft('intent.received', received), draft('execution.started', {}));
  yield next(draft('state.changed', { scope: 'execution', key: 'n', value: randomUUID() }));
  if (streamId.slice(30, 31) !== '0') yield next(draft('execution.completed', { resultDigest: digestOf(0) }));
}

let failed = false;
/** One after the other: executions of their own, each a few entries. */
async function work(worker: number): Promise<void> {
  for (let n = 0; !failed; n += 1) {
    const number = (Number(run) * 64 + worker) * 1_000_000 + n;
    const streamId = `exe_${number.toString(16).padStart(28, '0')}${(n % 4).toString(16).padStart(4, '0')}`;
    for (const entry of entriesOf(streamId)) {
      const lease = leases[partitionOf(streamId, 4)] as Lease;
      try {
        await wal.append(lease, [entry]);
        say(`acknowledged ${streamId} ${entry.firstSeq + entry.recordCount - 1}`);
      } catch (error) {
        await report(error as Error, lease, entry);
        return;
      }
    }
  }
}

async function report(error: Error, lease: Lease, entry: Entry): Promise<void> {
  const first = !failed;
  failed = true;
  const again = await wal.append(lease, [entry]).then(
    () => 'stored',
    (later: Error) => later.name,
  );
  const { nextSeq } = await wal.streamHead(entry.streamId);
  const key = wal.store.keyHolder(keyOf(entry.streamId)) !== undefined;
  say(
    `refused ${JSON.stringify({ error: error.name, again, visible: nextSeq > entry.firstSeq || (entry.firstSeq === 1 && key) })}`,
  );
  if (first) say(`because ${wal.closedBecause}`);
}

say('ready');
await Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)));
process.exit(3);
