import {
  type Attribution,
  encodeEntry,
  headAfter,
  type Lease,
  MemoryWal,
  partitionOf,
  type RecordData,
  type RecordDraft,
  type StoredEntry,
  type Wal,
} from '@intendant/wal';
import { type CloudEvent, cloudEventsOf } from '../cloud-event.js';

type EventData = RecordData<'event.emitted'>['data'];

/** The n-th execution of a partition, by id. */
export const executionOf = (partition: number, n = 0): string =>
  `exe_${n.toString(16).padStart(28, '0')}${partition.toString(16).padStart(4, '0')}`;

const attributionOf = (executionId: string): Attribution => ({
  tenantId: 'acme',
  sessionId: null,
  executionId,
  intentId: null,
  correlationId: `of ${executionId}`,
});

const emitted = (executionId: string, index: number, data: EventData): RecordDraft => ({
  type: 'event.emitted',
  actor: 'service:content',
  cause: null,
  data: { data, eventId: `${executionId}/main/${index}`, eventType: 'content.parsed' },
});

const completed: RecordDraft = {
  type: 'execution.completed',
  actor: 'runtime',
  cause: null,
  data: { resultDigest: 'a'.repeat(64) },
};

/** A log of executions that emit events, in memory unless another is given. */
export class OutboxLog {
  readonly #leases = new Map<number, Lease>();
  #appended = 0;

  constructor(
    readonly partitionCount: number,
    readonly wal: Wal = new MemoryWal(partitionCount),
  ) {}

  read: Wal['read'] = (...range) => this.wal.read(...range);
  describe: Wal['describe'] = () => this.wal.describe();
  version = (): number => this.#appended;

  /** An entry of an execution with these events, and one record that is none; resolves with the events. */
  async emit(executionId: string, ...events: readonly EventData[]): Promise<readonly CloudEvent[]> {
    const partition = partitionOf(executionId, this.partitionCount);
    const lease = this.#leases.get(partition) ?? (await this.wal.acquire(partition));
    this.#leases.set(partition, lease);
    const drafts = [completed, ...events.map((data, index) => emitted(executionId, index, data))];
    const head = await this.wal.streamHead(executionId);
    const entry = encodeEntry(executionId, head, attributionOf(executionId), '2026-05-04T10:00:00.000Z', drafts);
    if (headAfter(entry).nextSeq <= head.nextSeq) throw new Error('an entry without records');
    await this.wal.append(lease, [entry]);
    this.#appended += 1;
    return cloudEventsOf(entry);
  }

  async entries(partition: number): Promise<readonly StoredEntry[]> {
    return this.wal.read(partition, 1, 1_000_000);
  }
}
