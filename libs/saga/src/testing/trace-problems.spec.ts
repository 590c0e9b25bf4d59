import { describe, expect, it } from '@jest/globals';
import { endProblems } from './end-problems.js';
import { orderProblems } from './order-problems.js';
import { Sweep, SweepFailed } from './sweep.js';
import type { SagaTrace, TraceRecord } from './swept-saga.js';

const step = (stepId: string, dependsOn: string[] = [], more: object = {}) => ({
  compensateSelfOnFailure: false,
  compensation: {},
  dependsOn,
  pivot: false,
  sideEffects: 'effectful',
  stepId,
  ...more,
});

/** A trace of steps a and b, b after a, one at a time. */
function traceOf(status: string, ...records: readonly [type: string, stepId: string, more?: object][]): SagaTrace {
  return traceWith({}, status, ...records);
}

/** The same, and a is `more`; z is the last, and nothing undoes it. */
function traceWith(
  more: object,
  status: string,
  ...records: readonly [type: string, stepId: string, more?: object][]
): SagaTrace {
  const plan = {
    concurrencyMax: 1,
    steps: [step('a', [], more), step('b', ['a']), step('z', ['b'], { compensation: null })],
  };
  const all: TraceRecord[] = [{ seq: 1, type: 'intent.accepted', data: { plan, recovery: 'compensate' } }];
  for (const [type, stepId, more] of records) all.push({ seq: all.length + 1, type, data: { stepId, ...more } });
  const empty = { nodes: [], appends: [], effects: {}, traceless: null, findings: [], children: [] };
  return { executionId: 'exe_1', status, records: all, ...empty };
}

const done = (stepId: string): [string, string][] => [
  ['step.started', stepId],
  ['step.succeeded', stepId],
];
const undone = (stepId: string): [string, string][] => [
  ['compensation.started', stepId],
  ['compensation.succeeded', stepId],
];
const turned: [string, string, object] = ['execution.compensating', '', { target: 'compensated' }];

describe('what is wrong with the order of a trace', () => {
  it('is nothing when steps follow their dependencies and undos are their reverse', () => {
    const trace = traceOf('compensated', ...done('a'), ...done('b'), turned, ...undone('b'), ...undone('a'));
    expect([orderProblems(trace), endProblems(trace)]).toEqual([[], []]);
  });

  it.each<[string, SagaTrace, string]>([
    [
      'a step before its dependency',
      traceOf('completed', ...done('b'), ...done('a')),
      'seq 2: b starts before a is done',
    ],
    [
      'more at once than allowed',
      traceOf('running', ['step.started', 'a'], ['step.started', 'a']),
      'seq 3: a starts beside 1 others, 1 are allowed',
    ],
    [
      'undos in the order of the steps',
      traceOf('compensated', ...done('a'), ...done('b'), turned, ...undone('a'), ...undone('b')),
      'seq 7: the undo of a comes before that of b',
    ],
    [
      'an undo while a step runs',
      traceOf('compensating', ...done('a'), ['step.started', 'b'], turned, ['compensation.started', 'a']),
      'seq 6: the undo of a begins while b runs',
    ],
    [
      'two undos at once',
      traceOf(
        'compensating',
        ...done('a'),
        ...done('b'),
        turned,
        ['compensation.started', 'b'],
        ['compensation.started', 'a'],
      ),
      'seq 8: the undo of a begins beside that of b',
    ],
    [
      'an undo of what never was',
      traceOf('compensated', ...done('a'), turned, ...undone('a'), ...undone('b')),
      'seq 7: the undo of b comes before that of nothing',
    ],
  ])('is named: %s', (_name, trace, problem) => {
    expect(orderProblems(trace)).toContain(problem);
  });
});

describe('what is wrong with an end', () => {
  const failed = (outcome: string): [string, string, object] => ['step.failed', 'b', { outcome }];
  it.each<[string, SagaTrace, string]>([
    [
      'a guess',
      traceOf('compensated', ...done('a'), ['step.started', 'b'], failed('unknown')),
      'it is compensated, not stuck',
    ],
    [
      'a failure with something to undo',
      traceOf('failed', ...done('a'), ['step.started', 'b'], failed('definite')),
      'it is failed, not compensated',
    ],
    ['an undo left out', traceOf('compensated', ...done('a'), turned), 'the undo of a is none'],
    [
      'an undo behind a point of no return',
      traceWith({ pivot: true }, 'compensated', ...done('a'), turned, ...undone('a')),
      'it passed its point of no return and a was undone',
    ],
    [
      'an undo before an effect that stays',
      traceOf('cancelled', ...done('a'), ['step.started', 'z'], turned, ['step.succeeded', 'z'], ...undone('a')),
      'it passed its point of no return and a was undone',
    ],
    ['an end amid the work', traceOf('running', ...done('a')), 'it is running, not completed'],
  ])('is named: %s', (_name, trace, problem) => {
    expect(endProblems(trace)).toContain(problem);
  });
});

describe('a sweep that finds something', () => {
  it('names the saga, the trial and the rule', async () => {
    const sweep = await Sweep.of({ name: 'a saga', run: async () => traceOf('running', ...done('a')) });
    await sweep.with({ kind: 'crash', process: 1, append: 2, side: 'after' });
    expect(() => sweep.report()).toThrow(SweepFailed);
    expect(() => sweep.report()).toThrow(
      'a saga: 2 trials break a rule\n  nothing goes wrong: it is running, not completed\n  process 1 dies after append 2: it is running',
    );
  });
});
