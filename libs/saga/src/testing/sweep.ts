import { effectProblems } from './effect-problems.js';
import { endProblems } from './end-problems.js';
import { type Incident, shownIncident } from './incident.js';
import { orderProblems } from './order-problems.js';
import type { SagaTrace, SweptSaga, Trial } from './swept-saga.js';

/** A sweep found trials that broke a rule; the message names each with what happened in it. */
export class SweepFailed extends Error {
  constructor(
    readonly saga: string,
    readonly problems: readonly string[],
  ) {
    super(`${saga}: ${problems.length} trials break a rule\n${problems.slice(0, SHOWN_MAX).join('\n')}`);
    this.name = 'SweepFailed';
  }
}

const SHOWN_MAX = 20;

/** What a sweep did; no problem, or it would have thrown. */
export interface SweepReport {
  readonly trials: number;
  /** How often the trials ended how. */
  readonly ends: Readonly<Record<string, number>>;
}

/** The saga when nothing goes wrong: what there is to sweep. */
export class Sweep {
  readonly #problems: string[] = [];
  readonly #ends: Record<string, number> = {};
  #trials = 0;

  private constructor(
    readonly saga: SweptSaga,
    readonly undisturbed: SagaTrace,
    private readonly effectful: ReadonlySet<string>,
  ) {}

  static async of(saga: SweptSaga): Promise<Sweep> {
    const undisturbed = await saga.run({ incidents: [] });
    const effectful = new Set(Object.keys(undisturbed.effects).filter((stepId) => undisturbed.effects[stepId] === 1));
    const sweep = new Sweep(saga, undisturbed, effectful);
    sweep.#judge({ incidents: [] }, undisturbed, []);
    return sweep;
  }

  /** Forward nodes and actions, in the order in which they are met when nothing goes wrong. */
  get forwardNodes(): readonly string[] {
    return this.undisturbed.nodes.filter((node) => !node.includes('undo/'));
  }

  /** Runs one trial and checks everything that must hold in every trial; `ends` narrows how it may end. */
  async try(trial: Trial, ends: readonly string[] = []): Promise<SagaTrace> {
    const trace = await this.saga.run(trial);
    this.#judge(trial, trace, ends);
    return trace;
  }

  with(...incidents: readonly Incident[]): Promise<SagaTrace> {
    return this.try({ incidents });
  }

  /** A rule of the sweep itself. */
  require(holds: boolean, trial: Trial, problem: string): void {
    if (!holds) this.#problems.push(`  ${nameOf(trial)}: ${problem}`);
  }

  report(): SweepReport {
    if (this.#problems.length > 0) throw new SweepFailed(this.saga.name, this.#problems);
    return { trials: this.#trials, ends: this.#ends };
  }

  #judge(trial: Trial, trace: SagaTrace, ends: readonly string[]): void {
    this.#trials += 1;
    this.#ends[trace.status] = (this.#ends[trace.status] ?? 0) + 1;
    const found = [...traceProblems(trace, this.effectful)];
    if (ends.length > 0 && !ends.includes(trace.status)) found.push(`it is ${trace.status}, not ${ends.join(' or ')}`);
    if (found.length > 0) this.#problems.push(`  ${nameOf(trial)}: ${found.join('; ')}`);
  }
}

const nameOf = ({ incidents, help }: Trial): string =>
  `${incidents.length === 0 ? 'nothing goes wrong' : incidents.map(shownIncident).join(', ')}${help ? ', helped' : ''}`;

/** Everything that must hold whatever went wrong, for the saga and its children. */
export function traceProblems(trace: SagaTrace, effectful: ReadonlySet<string>): readonly string[] {
  return [
    ...trace.findings,
    ...orderProblems(trace),
    ...endProblems(trace),
    ...effectProblems(trace, effectful),
    ...trace.children.flatMap((child) =>
      [...child.findings, ...orderProblems(child), ...endProblems(child)].map((one) => `${child.executionId}: ${one}`),
    ),
  ];
}
