import { IndexedList } from './indexed-list.js';
import type { StepState } from './step-state.js';

/** Steps that succeeded and were not undone, the last that ended on top. */
interface EndedStep {
  readonly stepId: string;
  readonly below: EndedStep | null;
}

/**
 * The steps of an execution, in the order of their first records. Never changed: {@link with} gives another. It knows which
 * of them decisions are about, so that a saga as code is not looked through whenever one more of its steps is recorded.
 */
export class Steps implements Iterable<StepState> {
  static readonly none = new Steps(
    IndexedList.empty<StepState>(({ stepId }) => [stepId]),
    {},
    {},
    null,
  );

  private constructor(
    private readonly all: IndexedList<StepState>,
    /** Those that its plan declares; all but the inner ones. */
    private readonly planned: Readonly<Record<string, StepState>>,
    /** Inner steps that are at work, or that somebody must look at. */
    private readonly open: Readonly<Record<string, StepState>>,
    private readonly toUndo: EndedStep | null,
  ) {}

  get size(): number {
    return this.all.length;
  }

  get(stepId: string): StepState | undefined {
    return this.all.find(stepId);
  }

  has(stepId: string): boolean {
    return this.all.find(stepId) !== undefined;
  }

  [Symbol.iterator](): Iterator<StepState> {
    return this.all[Symbol.iterator]();
  }

  /** Those that its plan declares. */
  ofPlan(): readonly StepState[] {
    return Object.values(this.planned);
  }

  /** Steps inside the handler of a saga as code that are at work, or that somebody must look at. */
  openInside(): readonly StepState[] {
    return Object.values(this.open);
  }

  /** All that a decision can depend on: steps of the plan, open ones inside a handler, and of the ended ones the next to undo. */
  deciding(): readonly StepState[] {
    const next = this.toUndo === null ? undefined : this.get(this.toUndo.stepId);
    const isListed = next === undefined || Object.hasOwn(this.open, next.stepId);
    return [...this.ofPlan(), ...this.openInside(), ...(isListed ? [] : [next])];
  }

  /** With a step as it is now. */
  with(step: StepState): Steps {
    const { stepId } = step;
    const before = this.get(stepId);
    const all = before === undefined ? this.all.append(step) : this.all.replace(stepId, () => step);
    if (!step.inner) return new Steps(all, { ...this.planned, [stepId]: step }, this.open, this.toUndo);
    const ends = step.status === 'succeeded' && before?.status !== 'succeeded';
    const toUndo = ends ? { stepId, below: this.toUndo } : this.toUndo;
    return new Steps(all, this.planned, withOpen(this.open, step), leftToUndo(all, toUndo));
  }
}

function withOpen(open: Readonly<Record<string, StepState>>, step: StepState): Readonly<Record<string, StepState>> {
  if (isOpen(step)) return { ...open, [step.stepId]: step };
  if (!Object.hasOwn(open, step.stepId)) return open;
  const { [step.stepId]: _closed, ...others } = open;
  return others;
}

function isOpen({ status, errorOutcome, undo }: StepState): boolean {
  if (undo !== null && undo.status !== 'none' && !isUndone(undo)) return true;
  return status !== 'succeeded' && status !== 'skipped' && !(status === 'failed' && errorOutcome === 'definite');
}

const isUndone = (undo: StepState['undo']): boolean => undo?.status === 'succeeded' || undo?.status === 'skipped';

function leftToUndo(all: IndexedList<StepState>, toUndo: EndedStep | null): EndedStep | null {
  let next = toUndo;
  while (next !== null && isUndone(all.find(next.stepId)?.undo ?? null)) next = next.below;
  return next;
}
