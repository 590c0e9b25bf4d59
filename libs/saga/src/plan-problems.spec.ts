import { SagaPlan } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { type Answers, planProblems } from './plan-problems.js';

type Step = Partial<SagaPlan['steps'][number]> & { readonly stepId: string };

const UNDO = { intent: 'demo.undo' };
const step = (stepId: string, dependsOn: string[] = [], more: object = {}): Step => ({
  stepId,
  intent: 'demo.work',
  dependsOn,
  compensation: UNDO as never,
  ...more,
});

const SIDE_EFFECTS: Readonly<Record<string, 'none' | 'effectful'>> = {
  'demo.work': 'effectful',
  'demo.undo': 'effectful',
  'demo.look': 'none',
  'demo.code': 'none',
};
const answers: Answers = (intent) => {
  if (intent === 'demo.saga')
    return { name: intent, sideEffects: 'effectful', durable: false, plan: SagaPlan.parse({ steps: [step('x')] }) };
  const sideEffects = SIDE_EFFECTS[intent];
  const durable = intent === 'demo.code';
  return sideEffects === undefined ? undefined : { name: intent, sideEffects, plan: null, durable };
};
const problemsOf = (...steps: readonly Step[]) =>
  planProblems(SagaPlan.parse({ steps }), answers).map(({ code, field, detail }) => `${code} at ${field}: ${detail}`);

describe('a sound plan', () => {
  it('has no problem', () => {
    const input = { id: { $from: '/steps/a/artifacts/0/artifactId' }, n: { $from: '/payload/n' } };
    expect(
      problemsOf(step('a'), step('b', ['a'], { input }), step('c', ['b'], { pivot: true, compensation: null })),
    ).toEqual([]);
  });

  it('may reach the item and the place of its copy, in its undo too', () => {
    const input = { id: { $from: '/item/id' }, n: { $from: '/index' } };
    expect(
      problemsOf(step('a', [], { forEach: { items: '/payload/ids' }, input, compensation: { ...UNDO, input } })),
    ).toEqual([]);
  });

  it('may reach what comes before it indirectly, and itself in its undo', () => {
    const input = { id: { $from: '/steps/a/events/0/data' } };
    const undo = { intent: 'demo.undo', input: { id: { $from: '/steps/c/artifacts/0' } } };
    expect(problemsOf(step('a'), step('b', ['a']), step('c', ['b'], { input, compensation: undo }))).toEqual([]);
  });

  it('may end with what cannot be undone, and hold what has no effect anywhere', () => {
    const look = { intent: 'demo.look', compensation: null };
    expect(problemsOf(step('a', [], look), step('b', ['a'], { compensation: null }))).toEqual([]);
  });
});

describe('the problems of a plan', () => {
  it.each<[string, readonly Step[], string]>([
    ['a step twice', [step('a'), step('a')], 'duplicate_step at /steps/1/stepId: step a is declared twice'],
    ['a step that is missing', [step('a', ['gone'])], 'missing_step at /steps/0/dependsOn/0: a depends on gone'],
    ['a step that waits for itself', [step('a', ['a'])], 'circular_dependency at /steps: a'],
    [
      'a circle',
      [step('z'), step('a', ['c']), step('b', ['a']), step('c', ['b'])],
      'circular_dependency at /steps: a → c → b',
    ],
    [
      'an undo of its own failure without an undo',
      [step('a', [], { compensation: null, compensateSelfOnFailure: true })],
      'self_undo_without_compensation at /steps/0/compensateSelfOnFailure: a declares no compensation that could undo it',
    ],
    [
      'an intent nobody answers',
      [step('a', [], { intent: 'demo.gone' })],
      'contract_missing at /steps/0/intent: no capability answers demo.gone',
    ],
    [
      'an undo nobody answers',
      [step('a', [], { compensation: { intent: 'demo.gone' } })],
      'contract_missing at /steps/0/compensation/intent: no capability answers demo.gone',
    ],
    [
      'a plan in a plan',
      [step('a', [], { intent: 'demo.saga' })],
      'nested_plan at /steps/0/intent: demo.saga is a plan itself',
    ],
    [
      'a saga as code in a plan',
      [step('a', [], { intent: 'demo.code' })],
      'durable_step at /steps/0/intent: demo.code is a saga as code, which runs on its own or as a child',
    ],
    [
      'a saga as code as an undo',
      [step('a', [], { compensation: { intent: 'demo.code' } })],
      'durable_step at /steps/0/compensation/intent: demo.code is a saga as code, which runs on its own or as a child',
    ],
    [
      'an input from beside',
      [step('a'), step('b', [], { input: { $from: '/steps/a/events' } })],
      'input_out_of_reach at /steps/1/input: nothing is certain to be at /steps/a/events',
    ],
    [
      'an item of a step that has none',
      [step('a', [], { input: { $from: '/item' } })],
      'input_out_of_reach at /steps/0/input: nothing is certain to be at /item',
    ],
    [
      'a place among copies of a step that has none',
      [step('a', [], { compensation: { ...UNDO, input: { n: { $from: '/index' } } } })],
      'input_out_of_reach at /steps/0/compensation/input: nothing is certain to be at /index',
    ],
    [
      'a list in its own item',
      [step('a', [], { forEach: { items: '/item/ids' } })],
      'input_out_of_reach at /steps/0/forEach/items: nothing is certain to be at /item/ids',
    ],
    [
      'a pointer that is none',
      [step('a', [], { input: { n: [{ $from: 5 }] } })],
      'input_malformed at /steps/0/input: {"$from":5} is not {"$from": "/pointer"} and nothing beside it',
    ],
    [
      'a pointer with something beside it',
      [step('a', [], { compensation: { ...UNDO, input: { n: { $from: '/payload/n', z: 1 } } } })],
      'input_malformed at /steps/0/compensation/input: {"$from":"/payload/n","z":1} is not {"$from": "/pointer"} and nothing beside it',
    ],
    [
      'the name of the one step that others have',
      [step('main')],
      'reserved_step at /steps/0/stepId: main is a name that is taken',
    ],
    [
      'an input from itself',
      [step('a', [], { input: { x: [{ $from: '/steps/a/events' }] } })],
      'input_out_of_reach at /steps/0/input: nothing is certain to be at /steps/a/events',
    ],
    [
      'an input from nowhere',
      [step('a', [], { input: { $from: '/secrets' } })],
      'input_out_of_reach at /steps/0/input: nothing is certain to be at /secrets',
    ],
    [
      'an input from JavaScript',
      [step('a', [], { input: { $from: '/payload/constructor' } })],
      'input_out_of_reach at /steps/0/input: nothing is certain to be at /payload/constructor',
    ],
    [
      'a list out of reach',
      [step('a', [], { forEach: { items: '/steps/b/events' } }), step('b', ['a'])],
      'input_out_of_reach at /steps/0/forEach/items: nothing is certain to be at /steps/b/events',
    ],
    [
      'an effect that stays when a later step fails',
      [step('a', [], { compensation: null }), step('b', ['a'])],
      'uncovered_irreversible_step at /steps/0: a cannot be undone and b may fail after it: declare a compensation or a pivot',
    ],
    [
      'an effect that stays when another copy fails',
      [step('a', [], { compensation: null, forEach: { items: '/payload/list' } })],
      'uncovered_irreversible_step at /steps/0: a cannot be undone and another copy may fail after it: declare a compensation or a pivot',
    ],
    [
      'a step beside the point of no return',
      [step('a'), step('p', [], { pivot: true, compensation: null })],
      'pivot_beside_steps at /steps/1/pivot: a comes neither before nor after p',
    ],
    [
      'a point of no return with a way back',
      [step('p', [], { pivot: true })],
      'pivot_compensated at /steps/0/pivot: p is never undone once it has succeeded',
    ],
  ])('are named: %s', (_name, steps, problem) => {
    expect(problemsOf(...steps)).toContain(problem);
  });

  it('are named all at once, those of the order first', () => {
    expect(problemsOf(step('a', ['gone'], { intent: 'demo.gone' }), step('a')).map((one) => one.split(' ')[0])).toEqual(
      ['duplicate_step', 'missing_step', 'contract_missing'],
    );
  });

  it('are named although the order is broken: inputs, points of no return, effects that stay', () => {
    const found = problemsOf(
      step('a', ['b']),
      step('b', ['a', 'gone'], {
        input: { x: { $from: '/steps/z/result' }, y: { $from: '/steps/nobody/result' } },
      }),
      step('c', ['b'], { compensation: null }),
      step('d'),
      step('p', ['c'], { pivot: true }),
    );
    const named = found.map((one) => one.split(':')[0]);
    expect(named).toEqual(
      expect.arrayContaining([
        'missing_step at /steps/1/dependsOn/1',
        'circular_dependency at /steps',
        'pivot_beside_steps at /steps/4/pivot',
        'pivot_compensated at /steps/4/pivot',
        'uncovered_irreversible_step at /steps/2',
      ]),
    );
    expect(found.filter((one) => one.startsWith('input_out_of_reach'))).toHaveLength(2);
  });
});
