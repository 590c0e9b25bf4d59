import type { ResolvedPlan, ResolvedStep } from '@intendant/intent-model';
import type { SagaTrace, TraceRecord } from './swept-saga.js';

/** What the records of a trace say about one step; read from the records alone, not by the code that is swept. */
export interface TraceStep {
  readonly stepId: string;
  readonly planned: ResolvedStep | null;
  /** Inside the handler of a saga as code. */
  readonly inner: boolean;
  startedSeqs: number[];
  /** The last word: of success, failure or a skip. */
  end: 'none' | 'succeeded' | 'failed' | 'unknown' | 'skipped';
  endedSeq: number;
  registered: boolean;
  undo: 'none' | 'started' | 'succeeded' | 'failed' | 'skipped';
}

export interface TraceTerms {
  readonly plan: ResolvedPlan | null;
  readonly recovery: string;
  readonly durable: boolean;
}

export const text = ({ data }: TraceRecord, name: string): string => {
  const value = data[name];
  return typeof value === 'string' ? value : '';
};

export function termsOf({ records }: Pick<SagaTrace, 'records'>): TraceTerms {
  const accepted = records.find((record) => record.type === 'intent.accepted');
  return {
    plan: (accepted?.data['plan'] as ResolvedPlan | undefined) ?? null,
    recovery: accepted === undefined ? 'compensate' : text(accepted, 'recovery'),
    durable: accepted?.data['durable'] === true,
  };
}

/** The step of the plan that an id belongs to: itself, or the copy of a fan-out. */
export const plannedOf = (plan: ResolvedPlan | null, stepId: string): ResolvedStep | null =>
  plan?.steps.find((step) => step.stepId === stepId.split('.')[0]) ?? null;

/** Reads a trace step by step; `see` is told of every record with the steps as they were before it. */
export function stepsIn(
  trace: Pick<SagaTrace, 'records'>,
  see: (record: TraceRecord, steps: ReadonlyMap<string, TraceStep>) => void = () => undefined,
): ReadonlyMap<string, TraceStep> {
  const { plan, durable } = termsOf(trace);
  const steps = new Map<string, TraceStep>();
  for (const record of trace.records) {
    see(record, steps);
    const stepId = text(record, 'stepId');
    if (!CONCERNS.has(record.type)) continue;
    const known = steps.get(stepId);
    const inner = durable && (record.type === 'child.started' || record.data['op'] !== undefined);
    const step = known ?? emptyStep(stepId, inner ? null : plannedOf(plan, stepId), inner);
    steps.set(stepId, step);
    note(step, record);
  }
  return steps;
}

const CONCERNS = new Set([
  'step.started',
  'step.succeeded',
  'step.failed',
  'step.skipped',
  'step.resolved',
  'child.started',
  'child.settled',
  'compensation.registered',
  'compensation.started',
  'compensation.succeeded',
  'compensation.failed',
  'compensation.skipped',
]);

const emptyStep = (stepId: string, planned: ResolvedStep | null, inner: boolean): TraceStep => ({
  stepId,
  planned,
  inner,
  startedSeqs: [],
  end: 'none',
  endedSeq: 0,
  registered: false,
  undo: 'none',
});

function note(step: TraceStep, record: TraceRecord): void {
  const [subject, event] = record.type.split('.') as [string, string];
  if (record.type === 'compensation.registered') step.registered = true;
  else if (subject === 'compensation') step.undo = event as TraceStep['undo'];
  else if (event === 'started') {
    step.startedSeqs.push(record.seq);
    step.end = 'none';
  } else {
    step.end = endOf(record);
    step.endedSeq = record.seq;
  }
}

function endOf({ type, data }: TraceRecord): TraceStep['end'] {
  switch (type) {
    case 'step.succeeded':
      return 'succeeded';
    case 'step.skipped':
      return 'skipped';
    case 'step.resolved':
      return data['outcome'] === 'succeeded' ? 'succeeded' : 'failed';
    case 'child.settled':
      return data['status'] === 'completed' ? 'succeeded' : 'failed';
    default:
      return data['outcome'] === 'unknown' ? 'unknown' : 'failed';
  }
}

/** An unknown outcome of what has no side effects counts as a failure, unless it is declared to be parked. */
export const isUnknown = (step: TraceStep): boolean =>
  step.end === 'unknown' && !(step.planned?.sideEffects === 'none' && step.planned.unknownOutcome !== 'park');

export const isFailed = (step: TraceStep): boolean =>
  step.end === 'failed' || (step.end === 'unknown' && !isUnknown(step));

export const isCompensable = (step: TraceStep): boolean =>
  step.registered || (step.planned?.compensation ?? null) !== null;
