import { createHash } from 'node:crypto';
import { IdSource, type JsonObject } from '@intendant/kernel';
import {
  type Attribution,
  auditOf,
  contentOf,
  decodeEntry,
  encodeEntry,
  headAfter,
  type Lease,
  MemoryWal,
  partitionOf,
  type RecordDraft,
  refusalsOf,
  type StoredEntry,
  type StreamHead,
  type Wal,
} from '@intendant/wal';
import type { ProjectedLog } from '../projection-track.js';

export const PARTITIONS = 4;
const DIGEST = 'a'.repeat(64);
const START_MS = Date.parse('2026-05-04T10:00:00.000Z');

export interface SampleIntent {
  readonly tenantId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly intentType: string;
  readonly payload?: JsonObject;
  /** What the decision lets the execution read. */
  readonly given?: readonly string[];
}

/** An artifact as an execution makes it. */
export interface SampleArtifact {
  readonly artifactId: string;
  readonly resultType?: string;
  readonly parents?: readonly string[];
  readonly content?: string;
  readonly semanticPayload?: JsonObject;
}

/** A log, in memory unless another is given, with what a Runtime would write about intents. Time stands still unless told to go on. */
export class SampleLog {
  readonly #leases = new Map<number, Lease>();
  readonly #attributions = new Map<string, Attribution>();
  readonly #users = new Map<string, string>();
  readonly #ids: IdSource;
  #appended = 0;
  #nowMs = START_MS;

  /** `source` is where it is read from, when that is not the log that is written to. */
  constructor(
    readonly wal: Wal = new MemoryWal(PARTITIONS),
    private readonly source: Pick<ProjectedLog, 'read' | 'describe'> = wal,
    readonly logId = 'sample-log',
  ) {
    let drawn = 0;
    const bytes = (count: number): Uint8Array => {
      drawn += 1;
      return createHash('sha256').update(String(drawn)).digest().subarray(0, count);
    };
    this.#ids = new IdSource({ nowMs: () => this.#nowMs }, { bytes });
  }

  read: Wal['read'] = (...range) => this.source.read(...range);
  describe: Wal['describe'] = () => this.source.describe();
  version = (): number => this.#appended;

  /** The same log, as a backend reads it: every entry decoded and checked. */
  verified(): this {
    this.read = async (...range) =>
      (await this.source.read(...range)).map((entry) => {
        const { partition, position, epoch } = entry;
        return { ...decodeEntry(entry, ` (position ${position})`), partition, position, epoch };
      });
    return this;
  }

  get now(): string {
    return new Date(this.#nowMs).toISOString();
  }

  goOn(ms: number): void {
    this.#nowMs += ms;
  }

  /** Every entry, partition by partition. */
  async all(): Promise<readonly StoredEntry[]> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => this.wal.read(partition, 1, 1_000_000));
    return (await Promise.all(partitions)).flat();
  }

  async openSession(tenantId: string, userId: string): Promise<string> {
    const sessionId = this.#ids.next('ses');
    const attribution = { tenantId, sessionId, executionId: null, intentId: null, correlationId: 'opening' };
    await this.append(sessionId, attribution, [draft('session.opened', { context: {}, userId })]);
    return sessionId;
  }

  /** Accepts, and starts the only step. */
  async accept(intent: SampleIntent): Promise<string> {
    const executionId = this.#ids.next('exe');
    const intentId = this.#ids.nextUuid();
    const { tenantId, sessionId } = intent;
    this.#attributions.set(executionId, {
      tenantId,
      sessionId,
      executionId,
      intentId,
      correlationId: `of ${executionId}`,
    });
    this.#users.set(executionId, intent.userId);
    await this.append(executionId, this.attributionOf(executionId), [
      draft('intent.received', {
        fingerprint: DIGEST,
        keyDigest: null,
        intent: this.#intent(intent, intentId, executionId),
      }),
      ...(intent.given === undefined ? [] : [decided(executionId, intent.given)]),
      draft('intent.accepted', { jitterSeed: 'seed' }),
      draft('execution.started', {}),
      draft('step.started', { attempt: 1, stepId: 'main' }),
    ]);
    return executionId;
  }

  complete(executionId: string, ...artifacts: readonly SampleArtifact[]): Promise<StoredEntry> {
    const ownerUserId = this.#users.get(executionId) as string;
    return this.append(executionId, this.attributionOf(executionId), [
      draft('step.succeeded', { attempt: 1, outputDigest: DIGEST, stepId: 'main' }),
      ...artifacts.flatMap((artifact) => recorded(artifact, ownerUserId)),
      draft('execution.completed', { resultDigest: DIGEST }),
    ]);
  }

  /** Bytes that a user brings in. */
  stage(tenantId: string, userId: string, reference: string): Promise<StoredEntry> {
    return this.append(contentOf(tenantId), nobodyIn(tenantId), [
      registered(reference, 'content', userId, [], contentAt(reference)),
    ]);
  }

  fail(executionId: string, code: string): Promise<StoredEntry> {
    const error = { code, message: 'no', retryable: false, details: null };
    return this.append(executionId, this.attributionOf(executionId), [
      draft('step.failed', { attempt: 1, error, outcome: 'definite', stepId: 'main' }),
      draft('execution.failed', { error, stepId: 'main' }),
    ]);
  }

  wait(executionId: string): Promise<StoredEntry> {
    return this.append(executionId, this.attributionOf(executionId), [
      draft('step.retry_scheduled', { attempt: 2, stepId: 'main' }),
    ]);
  }

  wake(executionId: string): Promise<StoredEntry> {
    return this.append(executionId, this.attributionOf(executionId), [
      draft('step.started', { attempt: 2, stepId: 'main' }),
    ]);
  }

  getStuck(executionId: string): Promise<StoredEntry> {
    return this.append(executionId, this.attributionOf(executionId), [
      draft('execution.stuck', { reason: 'unknown', stepId: 'main' }),
    ]);
  }

  pause(executionId: string, why: { errorCode?: string; stepId?: string } = {}): Promise<StoredEntry> {
    return this.append(executionId, this.attributionOf(executionId), [
      draft('execution.paused', { reason: 'a reason', ...why }),
    ]);
  }

  resume(executionId: string): Promise<StoredEntry> {
    return this.append(executionId, this.attributionOf(executionId), [
      draft('execution.resumed', { from: 'paused', reason: 'mended' }),
    ]);
  }

  /** A contract's own record about an execution: attributed to it, and not in its stream. */
  proposeContract(executionId: string): Promise<StoredEntry> {
    return this.append(this.#ids.next('bct'), this.attributionOf(executionId), [draft('contract.proposed', {})]);
  }

  refuse(tenantId: string, code: string): Promise<StoredEntry> {
    const data = { code, detail: 'no', field: null, mismatches: null, refusalId: this.#ids.next('rfs') };
    return this.append(refusalsOf(tenantId), nobodyIn(tenantId), [draft('intent.rejected', data)]);
  }

  requestReplay(tenantId: string): Promise<StoredEntry> {
    return this.append(auditOf(tenantId), nobodyIn(tenantId), [
      draft('replay.requested', { mode: 'events_only', replayId: this.#ids.next('rpl'), target: 'something' }),
    ]);
  }

  attributionOf(executionId: string): Attribution {
    return this.#attributions.get(executionId) as Attribution;
  }

  async append(streamId: string, attribution: Attribution, drafts: readonly RecordDraft[]): Promise<StoredEntry> {
    const partition = partitionOf(streamId, PARTITIONS);
    const lease = this.#leases.get(partition) ?? (await this.wal.acquire(partition));
    this.#leases.set(partition, lease);
    const head: StreamHead = await this.wal.streamHead(streamId);
    const entry = encodeEntry(streamId, head, attribution, this.now, drafts);
    const [position] = await this.wal.append(lease, [entry]);
    this.#appended += 1;
    if (headAfter(entry).nextSeq <= head.nextSeq) throw new Error('an entry without records');
    return { ...entry, partition, position: position as number, epoch: lease.epoch };
  }

  #intent(intent: SampleIntent, intentId: string, executionId: string): JsonObject {
    const { tenantId, userId, sessionId, intentType } = intent;
    const realm = intentType.split('.')[0] as string;
    const correlationId = `of ${executionId}`;
    const rest = {
      payload: intent.payload ?? {},
      payloadDigest: DIGEST,
      metadata: {},
      solutionId: null,
      solutionContext: null,
    };
    return { intentId, intentType, realm, tenantId, userId, sessionId, correlationId, createdAt: this.now, ...rest };
  }
}

const nobodyIn = (tenantId: string): Attribution => ({
  tenantId,
  sessionId: null,
  executionId: null,
  intentId: null,
  correlationId: null,
});

/** Only what a projection looks at is as the catalogue has it. */
const draft = (type: RecordDraft['type'], data: object): RecordDraft =>
  ({ type, data, actor: 'runtime', cause: null }) as unknown as RecordDraft;

const decided = (executionId: string, allowedReferences: readonly string[]): RecordDraft =>
  draft('policy.decided', { decision: { decisionId: `dec of ${executionId}`, obligations: { allowedReferences } } });

const contentAt = (ref: string): object => ({ ref, sha256: ref.slice(-64), sizeBytes: 7 });

const registered = (
  reference: string,
  resourceClass: string,
  ownerUserId: string,
  sources: readonly string[],
  content: object | null,
): RecordDraft => draft('data.registered', { reference, resourceClass, ownerUserId, sources, content });

/** The records of an artifact, as an execution writes them. */
function recorded(artifact: SampleArtifact, ownerUserId: string): RecordDraft[] {
  const { artifactId, resultType = 'report', parents = [], content, semanticPayload = {} } = artifact;
  const descriptor = content === undefined ? null : contentAt(content);
  const recordedArtifact = { artifactId, resultType, semanticPayload, parents, renderings: [] };
  return [
    draft('artifact.recorded', { artifact: recordedArtifact, digest: DIGEST, disposition: 'persist' }),
    registered(artifactId, resultType, ownerUserId, parents, descriptor),
    ...(content === undefined ? [] : [registered(content, 'content', ownerUserId, [artifactId], descriptor)]),
  ];
}
