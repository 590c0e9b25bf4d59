import {
  type AcceptCommand,
  type ExecutionState,
  isSettled,
  type SignalCommand,
  type SignalType,
} from '@intendant/execution';
import {
  CapabilityDefinition,
  type Intent,
  type LiveInstance,
  type PolicyDecision,
  type RegisteredCapability,
  realmOf,
} from '@intendant/intent-model';
import { digestOf, ok } from '@intendant/kernel';
import { ManualTime } from '@intendant/kernel/testing';
import type { ChildExecutions } from '@intendant/partition';
import { capabilityKey, RegistryIndex, registeredCapability } from '@intendant/registry';
import { resolvePlan } from '@intendant/saga';
import { type LogRecord, MemoryWal, type Wal } from '@intendant/wal';
import {
  MemoryPartitionStore,
  SAMPLE_IDS,
  sampleAttribution,
  sampleDecision,
  storeBeside,
} from '@intendant/wal/testing';
import { type Faults, NO_FAULTS } from './faults.js';
import { MemoryContent } from './memory-content.js';
import type { SagaGround, WorldService } from './saga-ground.js';
import { SagaProcess } from './saga-process.js';

export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * A Runtime in memory with real domain services: the real decider, supervisor and participant SDK, over a log in memory
 * and a clock that stands still until it is moved. What outlives a crash is here; {@link SagaProcess} is what does not.
 */
export class SagaWorld implements SagaGround {
  readonly time = new ManualTime();
  readonly store = new MemoryPartitionStore();
  readonly wal: Wal = storeBeside(new MemoryWal(1), this.store);
  readonly index: RegistryIndex;
  readonly content = new MemoryContent();
  faults: Faults = NO_FAULTS;
  /** Executions that were asked for: the operation of its parent that a child is of, null for what was submitted. */
  readonly executions = new Map<string, { readonly parentId: string; readonly operationId: string } | null>();
  #process: SagaProcess | null = null;
  #signals = 0;

  constructor(readonly services: readonly WorldService[]) {
    const capabilities = services.flatMap(({ service, capabilities: given }) =>
      given.map((one): RegisteredCapability => registeredCapability(CapabilityDefinition.parse(one), service)),
    );
    const instances = services.map(
      ({ service }): LiveInstance => ({
        service,
        instanceId: `${service}-1`,
        address: { transport: 'tcp', host: '127.0.0.1', port: 1 },
        serves: capabilities.filter((one) => one.service === service).map(capabilityKey),
        draining: false,
      }),
    );
    this.index = new RegistryIndex({ revision: 1, capabilities, instances });
  }

  get process(): SagaProcess {
    if (this.#process === null) throw new Error('no process runs');
    return this.#process;
  }

  /** A process on this world that has taken up what the log holds. */
  async start(): Promise<SagaProcess> {
    this.#process = await SagaProcess.start(this);
    return this.#process;
  }

  /** What was in memory is gone; a new process goes on. */
  async crash(): Promise<SagaProcess> {
    this.process.die();
    return this.start();
  }

  async submit(
    intentType: string,
    payload: Intent['payload'],
    executionId: string = SAMPLE_IDS.executionId,
  ): Promise<string> {
    this.executions.set(executionId, null);
    await this.process.supervisor.accept(executionId, this.acceptanceOf(intentType, payload, executionId));
    return executionId;
  }

  /** The acceptance as the door would make it. */
  acceptanceOf(
    intentType: string,
    payload: Intent['payload'],
    executionId: string,
    metadata: Intent['metadata'] = {},
  ): AcceptCommand {
    const resolution = this.index.resolve(intentType);
    if (!resolution.ok) throw new Error(resolution.error.detail);
    const { answering } = resolution.value;
    const answer = (asked: string) => {
      const found = this.index.resolve(asked);
      return found.ok ? ok(found.value.answering[0]) : found;
    };
    const pinned = resolvePlan(answer, intentType, answering, Number.MAX_SAFE_INTEGER);
    if (!pinned.ok) throw new Error(pinned.error.detail);
    const { capability, resolved } = answering[0];
    const intent = this.#intentOf(intentType, payload, metadata);
    const decision: PolicyDecision = { ...sampleDecision(intent), inputDigest: intent.payloadDigest };
    return {
      kind: 'accept',
      attribution: sampleAttribution(executionId),
      intent,
      fingerprint: digestOf([intentType, payload]),
      keyDigest: null,
      decision,
      capabilities: pinned.value?.capabilities ?? [resolved],
      registryRevision: 1,
      terms: {
        jitterSeed: executionId,
        recovery: capability.recovery,
        retry: capability.retry,
        sideEffects: capability.sideEffects,
        sessionRevision: 1,
        timeoutMs: capability.timeoutMs,
        unknownOutcome: capability.unknownOutcome,
        ...(capability.durable ? { durable: true } : {}),
        ...(pinned.value === null ? {} : { plan: pinned.value.plan }),
      },
    };
  }

  #intentOf(intentType: string, payload: Intent['payload'], metadata: Intent['metadata']): Intent {
    const { tenantId, userId, sessionId, intentId, correlationId } = SAMPLE_IDS;
    return {
      intentId,
      intentType,
      realm: realmOf(intentType),
      tenantId,
      userId,
      roles: ['analyst'],
      mode: 'standard',
      sessionId,
      payload,
      payloadDigest: digestOf(payload),
      metadata,
      solutionId: null,
      solutionContext: null,
      correlationId,
      createdAt: new Date(this.time.nowMs()).toISOString(),
    };
  }

  /** Children are accepted without a question: policy has no part in a world. */
  children(of: Pick<SagaProcess, 'supervisor'>): ChildExecutions {
    return {
      ensure: async (parent, childId, child) => {
        this.executions.set(childId, { parentId: parent.executionId, operationId: child.operationId });
        const { supervisor } = of;
        if ((await supervisor.read(childId)) !== undefined) return { kind: 'accepted' };
        const payload = child.payload as Intent['payload'];
        const metadata = { parentExecutionId: parent.executionId };
        await supervisor.accept(childId, this.acceptanceOf(child.intentType, payload, childId, metadata));
        return { kind: 'accepted' };
      },
    };
  }

  signal(signalType: SignalType, payload: SignalCommand['payload'] = {}): SignalCommand {
    this.#signals += 1;
    return {
      kind: 'signal',
      signalId: `0190a5d4-7c7b-7000-8000-${this.#signals.toString(16).padStart(12, '0')}`,
      signalType,
      payload,
      payloadDigest: digestOf(payload),
      reason: 'asked for',
      actor: 'user:ada',
      decision: { decisionId: `dec_${'5d'.repeat(16)}`, policyRevision: 1, role: 'operator' },
      nowMs: this.time.nowMs(),
    };
  }

  async state(executionId: string = SAMPLE_IDS.executionId): Promise<ExecutionState> {
    const state = await this.process.supervisor.read(executionId);
    if (state === undefined) throw new Error(`no execution ${executionId}`);
    return state;
  }

  /** Moves the clock from timer to timer until the execution has settled, or until nothing moves any more. */
  async untilSettled(executionId: string = SAMPLE_IDS.executionId): Promise<ExecutionState> {
    for (let rounds = 0; rounds < ROUNDS_MAX; rounds += 1) {
      await this.quiet();
      const state = await this.state(executionId);
      if (isSettled(state.status) || !(await this.toNextTimer())) return state;
    }
    throw new Error('it never settled');
  }

  /** Resolves when the process does nothing but wait. */
  async quiet(): Promise<void> {
    for (let still = 0, seen = -1; still < STILL_TURNS; still += 1) {
      await turn();
      if (this.process.stirrings !== seen) still = 0;
      seen = this.process.stirrings;
    }
  }

  /** Moves the clock to what is due next; false when nothing is. */
  async toNextTimer(): Promise<boolean> {
    const dueMs = this.time.nextDueMs();
    if (dueMs === undefined) return false;
    await this.time.pass(dueMs - this.time.nowMs());
    return true;
  }

  async records(executionId: string = SAMPLE_IDS.executionId): Promise<readonly LogRecord[]> {
    return (await this.wal.readStream(executionId)).flatMap((entry) => entry.records);
  }
}

const ROUNDS_MAX = 10_000;
/** Turns of the event loop without a sign of life after which a process counts as quiet. */
const STILL_TURNS = 12;
