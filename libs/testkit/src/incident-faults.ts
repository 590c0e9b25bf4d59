import type { CallOutcome, ParticipantCall } from '@intendant/intent-model';
import { StepFailure } from '@intendant/participant';
import type { Incident, NodeName } from '@intendant/saga/testing';
import type { Faults, WorldAction } from './faults.js';
import type { SagaWorld } from './saga-world.js';

type NodeIncident = Exclude<Incident, { kind: 'crash' }>;

const SWEPT = { code: 'swept_failure', message: 'the sweep made it fail', details: null };
const OUT_OF_REACH = { code: 'participant_unreachable', message: 'nobody could be reached', details: null };

/** Makes the incidents of one trial happen, and keeps the rules that only the world can see. */
export class IncidentFaults implements Faults {
  readonly findings: string[] = [];
  readonly nodes: NodeName[] = [];
  readonly #deliveries = new Map<NodeName, number>();
  /** What comes late, and when. */
  readonly #late: { readonly when: 'soon' | 'end'; readonly arrive: () => Promise<void> }[] = [];
  /** Processes so far; the sweep counts them. */
  process = 1;

  constructor(
    private readonly world: SagaWorld,
    private readonly incidents: readonly Incident[],
  ) {}

  readonly onAppend: Faults['onAppend'] = (n) => {
    const here = this.incidents.find(
      (one) => one.kind === 'crash' && one.process === this.process && one.append === n,
    ) as Extract<Incident, { kind: 'crash' }> | undefined;
    return here === undefined ? 'durable' : here.side === 'before' ? 'dies_before' : 'dies_after';
  };

  readonly onCall: Faults['onCall'] = async (call, deliver) => {
    const node = `${this.#prefix(call.executionId)}${call.direction}/${call.stepId}`;
    await this.#requireRecorded(call.executionId, call.stepId, call.direction);
    const delivery = this.#meet(node);
    for (const incident of this.#incidentsOf(node)) {
      const fate = await this.#suffer(incident, delivery, call, deliver);
      if (fate !== null) return fate;
    }
    return deliver();
  };

  readonly onAction = async <T>({ executionId, stepId, attempt }: WorldAction, act: () => Promise<T>): Promise<T> => {
    const node = `${this.#prefix(executionId)}action/${stepId}`;
    await this.#requireRecorded(executionId, stepId, 'forward');
    this.#meet(node);
    for (const incident of this.#incidentsOf(node)) {
      if (incident.kind === 'repeated') await act();
      if (incident.kind !== 'fails') continue;
      if (attempt > 1 && incident.how !== 'always') continue;
      if (incident.how === 'leaves_effect') await act();
      const retryable = incident.how === 'once' || incident.how === 'always';
      throw new StepFailure(SWEPT.code, SWEPT.message, { retryable });
    }
    return act();
  };

  /** Lets what is late arrive. */
  async arrive(when: 'soon' | 'end'): Promise<void> {
    const due = this.#late.filter((one) => one.when === when);
    this.#late.splice(0, this.#late.length, ...this.#late.filter((one) => one.when !== when));
    for (const one of due) await one.arrive();
  }

  #incidentsOf(node: NodeName): readonly NodeIncident[] {
    return this.incidents.filter((one): one is NodeIncident => one.kind !== 'crash' && one.node === node);
  }

  #meet(node: NodeName): number {
    if (!this.nodes.includes(node)) this.nodes.push(node);
    const count = (this.#deliveries.get(node) ?? 0) + 1;
    this.#deliveries.set(node, count);
    return count;
  }

  /** Null when the call goes on as if nothing had been. */
  async #suffer(
    incident: NodeIncident,
    delivery: number,
    call: ParticipantCall,
    deliver: () => Promise<CallOutcome>,
  ): Promise<CallOutcome | 'lost' | null> {
    const first = delivery === 1;
    switch (incident.kind) {
      case 'fails':
        if (call.logicalAttempt > 1 && incident.how !== 'always') return null;
        if (incident.how === 'leaves_effect') await deliver();
        return failedWith(SWEPT, incident.how === 'once' || incident.how === 'always');
      case 'repeated':
        return first ? this.#repeat(call, deliver) : null;
      case 'reply_lost':
        if (!first && incident.times === 'once') return null;
        await deliver();
        return 'lost';
      case 'request_lost':
        return first || incident.times === 'always' ? 'lost' : null;
      case 'out_of_reach_after_loss':
        if (!first) return failedWith(OUT_OF_REACH, true);
        await deliver();
        return 'lost';
      case 'reply_late':
      case 'request_late':
        return first ? this.#loseUntil(incident, call, deliver) : null;
    }
  }

  async #repeat(call: ParticipantCall, deliver: () => Promise<CallOutcome>): Promise<CallOutcome> {
    const outcomes = [await deliver(), await deliver()];
    this.world.process.restartParticipants();
    const last = await deliver();
    const differs = outcomes.find((one) => one.status !== last.status);
    if (differs !== undefined)
      this.findings.push(`${call.stepId}: repeated, it is ${last.status}; before it was ${differs.status}`);
    return last;
  }

  async #loseUntil(
    { kind, when }: Extract<Incident, { kind: 'reply_late' | 'request_late' }>,
    call: ParticipantCall,
    deliver: () => Promise<CallOutcome>,
  ): Promise<'lost'> {
    const early = kind === 'reply_late' ? await deliver() : null;
    const arrive = async (): Promise<void> => {
      if (when === 'end') this.world.process.restartParticipants();
      const outcome = early ?? (await deliver());
      await this.world.process.supervisor.recordLate(call.executionId, call.stepId, call.callToken, outcome.status);
    };
    this.#late.push({ when, arrive });
    return 'lost';
  }

  #prefix(executionId: string): string {
    const child = this.world.executions.get(executionId);
    return child == null ? '' : `${this.#prefix(child.parentId)}${child.operationId}:`;
  }

  /** Write ahead: what is done now has been recorded before. */
  async #requireRecorded(executionId: string, stepId: string, direction: 'forward' | 'undo'): Promise<void> {
    const type = direction === 'undo' ? 'compensation.started' : 'step.started';
    const records = await this.world.records(executionId);
    if (!records.some((record) => record.type === type && record.data.stepId === stepId))
      this.findings.push(`${direction}/${stepId} runs before it is recorded`);
  }
}

const failedWith = (error: Omit<typeof SWEPT, never>, retryable: boolean): CallOutcome => ({
  status: 'failed',
  error: { ...error, retryable },
});
