import { type ExecutionState, isSettled, openWaits, stateDigestOf } from '@intendant/execution';
import type { Intent } from '@intendant/intent-model';
import { canonicalJson, type JsonValue } from '@intendant/kernel';
import { replayState, validateExecution } from '@intendant/replay';
import type { Help, SagaTrace, SweptSaga, TraceRecord, Trial } from '@intendant/saga/testing';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { IncidentFaults } from './incident-faults.js';
import type { WorldService } from './saga-ground.js';
import { SagaWorld } from './saga-world.js';

/** A domain service under sweep: where its effects can be seen from outside. */
export interface SweptService extends WorldService {
  /** Net effects of an execution: step id → 1 is there, 0 was taken back. */
  effectsOf?(executionId: string): Readonly<Record<string, number>>;
  /** Everything that can be seen of it; the same before and after whatever left no trace. */
  seen?(): JsonValue;
  /** What is wrong in it by its own rules. */
  faults?(): readonly string[];
  close?(): void;
}

export interface SagaUnderSweep {
  readonly name: string;
  /** Services of a world of their own, for every trial. */
  readonly services: () => readonly SweptService[];
  readonly intentType: string;
  readonly payload: Intent['payload'];
  /** Payloads of the signals it waits for, by their names. */
  readonly answers?: Readonly<Record<string, JsonValue>>;
}

const ID = SAMPLE_IDS.executionId;
const ROUNDS_MAX = 2_000;
const HELP_MAX = 10;

/** A saga as the sweeps of `@intendant/saga/testing` take it: every trial runs in a world of its own. */
export const sweptSaga = (saga: SagaUnderSweep): SweptSaga => ({
  name: saga.name,
  run: async (trial) => {
    const services = saga.services();
    try {
      return await new TrialRun(saga, services, trial).run();
    } finally {
      for (const service of services) service.close?.();
    }
  },
});

class TrialRun {
  readonly #world: SagaWorld;
  readonly #faults: IncidentFaults;
  readonly #appends: number[] = [];
  readonly #findings: string[] = [];
  readonly #before: string;

  constructor(
    private readonly saga: SagaUnderSweep,
    private readonly services: readonly SweptService[],
    private readonly trial: Trial,
  ) {
    this.#world = new SagaWorld(services);
    this.#faults = new IncidentFaults(this.#world, trial.incidents);
    this.#world.faults = this.#faults;
    this.#before = this.#seen();
  }

  async run(): Promise<SagaTrace> {
    await this.#world.start();
    this.#submit();
    await this.#toTheEnd();
    for (let helped = 0; helped < HELP_MAX; helped += 1) {
      const help = this.trial.help?.(await this.#trace(ID)) ?? null;
      if (help === null || !['stuck', 'paused'].includes((await this.#world.state()).status)) break;
      await this.#help(help);
      await this.#toTheEnd();
    }
    await this.#faults.arrive('end');
    await this.#toTheEnd();
    this.#leaveProcess();
    return this.#trace(ID);
  }

  #submit(): void {
    const { intentType, payload } = this.saga;
    void this.#world.submit(intentType, payload);
  }

  /** Until it has settled, or nothing moves any more; a process that died is replaced. */
  async #toTheEnd(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await this.#world.quiet();
      if (this.#world.process.dead) {
        await this.#recover();
        continue;
      }
      await this.#faults.arrive('soon');
      await this.#world.quiet();
      const state = await this.#world.state();
      if (isSettled(state.status) && (await this.#childrenSettled())) return;
      if (await this.#answer(state)) continue;
      if (!this.#world.process.dead && !(await this.#world.toNextTimer())) return;
    }
    this.#findings.push('it never comes to an end');
  }

  async #childrenSettled(): Promise<boolean> {
    for (const executionId of this.#world.executions.keys()) {
      const state = await this.#world.process.supervisor.read(executionId);
      if (state !== undefined && !isSettled(state.status)) return false;
    }
    return true;
  }

  async #recover(): Promise<void> {
    this.#leaveProcess();
    this.#faults.process += 1;
    await this.#world.crash();
    if ((await this.#world.wal.readStream(ID)).length === 0) this.#submit();
  }

  #leaveProcess(): void {
    const { process } = this.#world;
    this.#appends.push(process.appends);
    this.#findings.push(...process.broken.map((error) => `the process broke: ${error.message}`));
    process.broken.splice(0);
  }

  /** Answers what the saga waits for; true when it did. */
  async #answer(state: ExecutionState): Promise<boolean> {
    const [wait] = openWaits(state);
    const { answers } = this.saga;
    if (wait === undefined || answers === undefined || !Object.hasOwn(answers, wait.name)) return false;
    const payload = answers[wait.name] as JsonValue;
    const signal = wait.approval
      ? this.#world.signal('approve', { waitId: wait.waitId })
      : this.#world.signal('application', { name: wait.name, payload });
    const outcome = this.#world.process.supervisor.signal(ID, signal);
    await Promise.race([outcome, this.#world.quiet()]);
    return true;
  }

  async #help({ signalType, payload }: Help): Promise<void> {
    const outcome = await this.#world.process.supervisor.signal(ID, this.#world.signal(signalType, payload));
    if (outcome.kind !== 'applied') this.#findings.push(`${signalType} was not applied: ${JSON.stringify(outcome)}`);
  }

  #seen(): string {
    return canonicalJson(this.services.map((service) => service.seen?.() ?? null));
  }

  async #trace(executionId: string): Promise<SagaTrace> {
    const main = executionId === ID;
    const { status } = await this.#world.state(executionId);
    const children = await this.#childrenOf(executionId);
    const findings = main
      ? [...this.#findings, ...this.#faults.findings, ...this.services.flatMap((one) => one.faults?.() ?? [])]
      : [];
    return {
      executionId,
      status,
      records: (await this.#world.records(executionId)) as readonly TraceRecord[],
      nodes: main ? this.#faults.nodes : [],
      appends: [...this.#appends],
      effects: Object.assign({}, ...this.services.map((service) => service.effectsOf?.(executionId) ?? {})),
      traceless: this.services.some((service) => service.seen !== undefined) ? this.#seen() === this.#before : null,
      findings: [...findings, ...(await this.#logFindings(executionId))],
      children: await Promise.all(children.map((childId) => this.#trace(childId))),
    };
  }

  /** Those of which the log knows: a crash may come before a child is accepted. */
  async #childrenOf(executionId: string): Promise<readonly string[]> {
    const asked = [...this.#world.executions].filter(([, of]) => of?.parentId === executionId);
    const entries = await Promise.all(asked.map(([childId]) => this.#world.wal.readStream(childId)));
    return asked.flatMap(([childId], index) => (entries[index]?.length === 0 ? [] : [childId]));
  }

  /** The log validates, and folds to what the supervisor held last. */
  async #logFindings(executionId: string): Promise<readonly string[]> {
    const entries = await this.#world.wal.readStream(executionId);
    const failed = validateExecution(executionId, entries).checks.filter((check) => !check.passed);
    const live = this.#world.process.applied.get(executionId);
    const folded = replayState(executionId, entries).digest;
    return [
      ...failed.map((check) => `${check.check} at seq ${check.seq}: ${check.finding}`),
      ...(live !== undefined && stateDigestOf(live) !== folded
        ? ['the log folds to another state than the live one']
        : []),
    ];
  }
}
