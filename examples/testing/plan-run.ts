import { type CallTerms, callTermsOf, type ExecutionCommand, type ExecutionState, effects } from '@intendant/execution';
import { acceptCommand, History } from '@intendant/execution/testing';
import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { type CapabilityInput, type RuntimeParticipant, StepFailure } from '@intendant/participant';
import { SAMPLE_IDS, sampleDecision, sampleIntent } from '@intendant/wal/testing';
import { resultViolations, violations } from './contract-check.js';
import { MemoryContext } from './handler-context.js';
import { OwnRegistry } from './resolved-plan.js';

/** What a network may do to one call. */
export type Mishap = 'none' | 'request_lost' | 'reply_lost' | 'delivered_twice';

interface Service {
  readonly service: string;
  readonly capabilities: readonly CapabilityInput[];
  readonly participant: RuntimeParticipant;
}

const LOST = { code: 'connection_lost', message: 'the connection broke', retryable: true, details: null };
const nowMs = Date.parse(SAMPLE_IDS.at);

/** One saga of a service, run by the decider itself over the service's own handlers: no processes, no waiting. */
export class PlanRun {
  readonly history: History;
  /** Every call that was made, in order. */
  readonly calls: CallTerms[] = [];
  readonly content = new MemoryContext();
  readonly #registry: OwnRegistry;

  constructor(
    private readonly answering: Service,
    executionId: string = SAMPLE_IDS.executionId,
  ) {
    this.#registry = new OwnRegistry(answering.service, answering.capabilities);
    this.history = new History(executionId);
  }

  get state(): ExecutionState {
    return this.history.state;
  }

  /** Ids of the steps in the order in which they, or their undos, started. */
  started(direction: 'forward' | 'undo'): readonly string[] {
    const type = direction === 'undo' ? 'compensation.started' : 'step.started';
    const stepIds = this.history.records.flatMap((record) => (record.type === type ? [record.data.stepId] : []));
    return [...new Set(stepIds)];
  }

  accept(intentType: string, payload: Intent['payload']): this {
    const { inputContract } = this.#registry.answering(intentType);
    refuse(violations(inputContract, payload), intentType);
    const realm = intentType.slice(0, intentType.indexOf('.'));
    const intent = { ...sampleIntent(payload), intentType, realm, payloadDigest: digestOf(payload) };
    const { plan, capabilities } = this.#registry.pinned(intentType);
    this.history.perform({
      ...acceptCommand({ plan }),
      intent,
      decision: sampleDecision(intent),
      capabilities,
    });
    return this;
  }

  /** Performs what is owed until nothing is. */
  async toTheEnd(mishapOf: (call: CallTerms) => Mishap = () => 'none'): Promise<ExecutionState> {
    while (effects(this.state).length > 0) await this.once(mishapOf);
    return this.state;
  }

  /** Performs the first of what is owed; a timer is over at once. */
  async once(mishapOf: (call: CallTerms) => Mishap = () => 'none'): Promise<void> {
    const [owed] = effects(this.state);
    if (owed === undefined) return;
    if (owed.kind === 'child') throw new Error('a plan starts no executions');
    if (owed.kind === 'timer') this.history.perform({ kind: 'timer_fired', timerId: owed.timerId, nowMs });
    else this.history.perform(await this.#called(callTermsOf(this.state, owed.step, owed.direction), mishapOf));
  }

  async #called(call: CallTerms, mishapOf: (call: CallTerms) => Mishap): Promise<ExecutionCommand> {
    this.calls.push(call);
    const { stepId, direction, attempt } = call;
    const of = { stepId, direction, attempt, nowMs };
    const mishap = mishapOf(call);
    if (mishap === 'request_lost') return { kind: 'step_failed', ...of, error: LOST, outcome: 'unknown' };
    if (mishap === 'delivered_twice') await this.deliver(call).catch(() => undefined);
    try {
      const result = await this.deliver(call);
      if (mishap === 'reply_lost') return { kind: 'step_failed', ...of, error: LOST, outcome: 'unknown' };
      return { kind: 'step_succeeded', ...of, result };
    } catch (thrown) {
      return { kind: 'step_failed', ...of, error: errorOf(thrown), outcome: 'definite' };
    }
  }

  /** Hands a call to the service once more, whatever has become of it since; the saga is told nothing. */
  async deliver(call: CallTerms): Promise<ParticipantResult> {
    const capability = this.#registry.answering(call.intent.intentType);
    refuse(violations(capability.inputContract, call.intent.payload), call.intent.intentType);
    const context = this.content.seenBy({
      executionId: this.history.executionId,
      stepId: call.stepId,
      idempotencyKey: call.idempotencyKey,
      direction: call.direction,
      undoes: call.undoes,
      tenantId: call.intent.tenantId,
    });
    const result = await this.answering.participant.handleIntent(call.intent, context);
    refuse(resultViolations(capability, result), call.intent.intentType);
    return result;
  }
}

function errorOf(thrown: unknown) {
  if (!(thrown instanceof StepFailure)) throw thrown;
  const { code, message, options } = thrown;
  return { code, message, retryable: options.retryable === true, details: (options.details ?? null) as never };
}

/** A breach of a contract is a defect of the service, whatever the saga would make of it. */
function refuse(found: readonly string[], intentType: string): void {
  if (found.length > 0) throw new Error(`${intentType}: ${found.join('; ')}`);
}
