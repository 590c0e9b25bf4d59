import type { Growth } from './growth.js';
import { IndexedList } from './indexed-list.js';
import type { StepState } from './step-state.js';

/** Steps that succeeded and were not undone, the last that ended on top. */
interface EndedStep {
  readonly stepId: string;
  readonly below: EndedStep | null;
}

/** How many steps of the plan are where the status of their execution can be told from. */
interface UnderWay {
  readonly started: number;
  /** Suspended, or awaiting a retry. */
  readonly waiting: number;
}

const NOTHING_UNDER_WAY: UnderWay = { started: 0, waiting: 0 };

const emptyList = (): IndexedList<StepState> => IndexedList.empty(({ stepId }) => [stepId]);

/**
 * The steps of an execution, in the order of their first records. Never changed: {@link with} gives another. It knows which
 * of them decisions are about, so that a saga as code is not looked through whenever one more of its steps is recorded.
 */
export class Steps implements Iterable<StepState> {
  static readonly none = new Steps(emptyList(), emptyList(), NOTHING_UNDER_WAY, {}, null);

  private constructor(
    private readonly all: IndexedList<StepState>,
    /** Those that its plan declares; all but the inner ones. */
    private readonly planned: IndexedList<StepState>,
    private readonly underWay: UnderWay,
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
    return [...this.planned];
  }

  /** Whether a step of the plan is started; counted, for it is asked after every record. */
  get isOneStarted(): boolean {
    return this.underWay.started > 0;
  }

  /** Whether a step of the plan is suspended, or awaits a retry. */
  get isOneWaiting(): boolean {
    return this.underWay.waiting > 0;
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

  /** As a list: how they are kept is nobody's business who reads them as JSON. */
  toJSON(): readonly StepState[] {
    return [...this.all];
  }

  /** With a step as it is now. */
  with(step: StepState, growth: Growth): Steps {
    const { stepId } = step;
    const before = this.get(stepId);
    const all = put(this.all, step);
    if (!step.inner) {
      const underWay = counted(counted(this.underWay, this.planned.find(stepId), -1), step, 1);
      return new Steps(all, put(this.planned, step), underWay, this.open, this.toUndo);
    }
    const ends = step.status === 'succeeded' && before?.status !== 'succeeded';
    const toUndo = ends ? { stepId, below: this.toUndo } : this.toUndo;
    return new Steps(all, this.planned, this.underWay, withOpen(this.open, step, growth), leftToUndo(all, toUndo));
  }
}

const put = (list: IndexedList<StepState>, step: StepState): IndexedList<StepState> =>
  list.find(step.stepId) === undefined ? list.append(step) : list.replace(step.stepId, () => step);

function counted(underWay: UnderWay, step: StepState | undefined, by: 1 | -1): UnderWay {
  switch (step?.status) {
    case 'started':
      return { ...underWay, started: underWay.started + by };
    case 'suspended':
    case 'awaiting_retry':
      return { ...underWay, waiting: underWay.waiting + by };
    default:
      return underWay;
  }
}

function withOpen(
  open: Readonly<Record<string, StepState>>,
  step: StepState,
  growth: Growth,
): Readonly<Record<string, StepState>> {
  if (isOpen(step)) return growth.put(open, step.stepId, step);
  return Object.hasOwn(open, step.stepId) ? growth.without(open, step.stepId) : open;
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
