import type { ExecutionState } from '@intendant/execution';
import type { CallOutcome, ParticipantCall } from '@intendant/intent-model';
import { CapabilityDefinition } from '@intendant/intent-model';
import { type DataPlane, ParticipantEndpoint } from '@intendant/participant';
import { type Delivery, type DeliveryOutcome, type Dispatcher, LogWriter, Supervisor } from '@intendant/partition';
import { undoIn } from '@intendant/registry';
import type { Entry, Lease, Wal } from '@intendant/wal';
import type { SagaGround, WorldService } from './saga-ground.js';
import { watched } from './watched-participant.js';

/** Between two timers nothing has to be looked at. */
const CLOCK_NEVER_JUMPS = 24 * 3_600_000;

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** What dies in a crash: supervisor, connections, and the participants' memory. */
export class SagaProcess implements Dispatcher {
  readonly supervisor: Supervisor;
  readonly broken: Error[] = [];
  /** States as the supervisor held them after each entry, the last of each execution. */
  readonly applied = new Map<string, ExecutionState>();
  /** Appends and calls so far: a sign of life. */
  stirrings = 0;
  appends = 0;
  readonly #endpoints = new Map<string, ParticipantEndpoint>();
  readonly #log: LogWriter;
  #dead = false;

  private constructor(private readonly world: SagaGround) {
    const { time, store } = world;
    this.#log = new LogWriter(this.#mortal(world.wal), time);
    this.supervisor = new Supervisor({
      log: this.#log,
      store,
      dispatcher: this,
      clock: time,
      scheduler: time,
      lookAgainMs: CLOCK_NEVER_JUMPS,
      lookUpUndo: (intent, service) => undoIn(world.index, intent, service),
      children: world.children(this),
      events: {
        applied: (state) => void this.applied.set(state.executionId, state),
        broken: (_executionId, error) => void this.broken.push(error),
        halted: (_partition, error) => void this.broken.push(error),
      },
    });
    this.restartParticipants();
  }

  /** What the participants had in memory is gone. */
  restartParticipants(): void {
    for (const service of this.world.services) this.#endpoints.set(service.service, this.#endpointOf(service));
  }

  #endpointOf({ participant, capabilities }: WorldService): ParticipantEndpoint {
    const { time } = this.world;
    const definitions = capabilities.map((one) => CapabilityDefinition.parse(one));
    return new ParticipantEndpoint(
      watched(participant, () => this.world.faults),
      definitions,
      {
        clock: time,
        scheduler: time,
        random: () => 0.5,
        dataPlane: (access) => this.#dataPlane(access),
        log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
      },
    );
  }

  static async start(world: SagaGround): Promise<SagaProcess> {
    const process = new SagaProcess(world);
    await process.#log.claimAll();
    await process.supervisor.recover();
    return process;
  }

  die(): void {
    this.#dead = true;
  }

  get dead(): boolean {
    return this.#dead;
  }

  async deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    if (this.#dead) return never();
    this.stirrings += 1;
    const { state, call: terms } = delivery;
    const service = this.world.index.capability(terms.capability.name, terms.capability.version)?.service ?? '';
    const call: ParticipantCall = {
      callToken: delivery.callToken,
      idempotencyKey: terms.idempotencyKey,
      executionId: state.executionId,
      stepId: terms.stepId,
      direction: terms.direction,
      undoes: terms.undoes,
      logicalAttempt: delivery.logicalAttempt,
      deliveryAttempt: delivery.deliveryAttempt,
      timeoutMs: terms.timeoutMs,
      capability: terms.capability,
      intent: terms.intent,
      references: [],
      boundaryContractId: null,
      // the grant says whose journal it is
      dataPlane: { url: 'https://memory', grant: `${state.executionId} ${terms.stepId}` },
      traceparent: null,
      journal: delivery.journal,
    };
    const outcome = await this.world.faults.onCall(call, () =>
      this.#dead ? this.world.process.receive(service, call) : this.receive(service, call),
    );
    this.stirrings += 1;
    if (this.#dead) return never();
    return outcome === 'lost' ? lost : outcomeOf(outcome);
  }

  /** The call arrives, whenever that is, at the participant as it is then. */
  receive(service: string, call: ParticipantCall): Promise<CallOutcome> {
    return (this.#endpoints.get(service) as ParticipantEndpoint).call(call);
  }

  cancel({ call, callToken }: Delivery, reason: string): void {
    const service = this.world.index.capability(call.capability.name, call.capability.version)?.service ?? '';
    this.#endpoints.get(service)?.cancel({ idempotencyKey: call.idempotencyKey, callToken, reason });
  }

  #dataPlane(access: { callToken: ParticipantCall['callToken']; current: { grant: string } }): DataPlane {
    return {
      read: (ref) => this.world.content.read(ref),
      write: (bytes) => this.world.content.write(bytes),
      state: async () => null,
      report: async (commands) => {
        if (this.#dead) return never();
        this.stirrings += 1;
        const [executionId = '', stepId = ''] = access.current.grant.split(' ');
        const answer = await this.supervisor.report(executionId, { stepId, callToken: access.callToken, commands });
        return answer.kind === 'recorded'
          ? { ...answer, entries: [...answer.entries], held: [...answer.held] }
          : answer;
      },
    };
  }

  /** The log as this process sees it: it may die before or after any append, and gets nowhere from then on. */
  #mortal(wal: Wal): Wal {
    const append = async (lease: Lease, entries: readonly Entry[]): Promise<readonly number[]> => {
      if (this.#dead) return never();
      this.appends += 1;
      this.stirrings += 1;
      const fate = this.world.faults.onAppend(this.appends);
      if (fate === 'durable') return wal.append(lease, entries);
      this.#dead = true;
      if (fate === 'dies_after') await wal.append(lease, entries);
      return never();
    };
    return new Proxy(wal, {
      get: (target, name) => {
        if (name === 'append') return append;
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

const lost: DeliveryOutcome = {
  kind: 'unknown',
  error: { code: 'participant_unreachable', message: 'the reply was lost', retryable: true, details: null },
};

function outcomeOf(outcome: CallOutcome): DeliveryOutcome {
  switch (outcome.status) {
    case 'succeeded':
      return { kind: 'succeeded', result: outcome.result, ...(outcome.commands && { commands: outcome.commands }) };
    case 'failed': {
      const cutOff = ['step_timeout', 'cancelled', 'shutting_down'].includes(outcome.error.code);
      const { error, commands } = outcome;
      return { kind: cutOff ? 'unknown' : 'failed', error, ...(commands && { commands }) };
    }
    case 'suspended':
      return { kind: 'suspended', seen: outcome.seen, commands: outcome.commands };
    case 'attempt_superseded':
      return lost;
  }
}
