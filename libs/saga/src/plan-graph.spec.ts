import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ancestorsOf, cyclesIn, type GraphStep, inTopologicalOrder } from './plan-graph.js';

/** A graph without cycles: every step depends on earlier ones only; then it is shuffled. */
const anyGraph: fc.Arbitrary<readonly GraphStep[]> = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.subarray(Array.from({ length: index }, (_one, on) => `s${on}`)),
      ),
    ),
  )
  .map((dependsOn) => dependsOn.map((on, index): GraphStep => ({ stepId: `s${index}`, dependsOn: on })))
  .chain((steps) => fc.shuffledSubarray(steps, { minLength: steps.length }));

const isLegal = (order: readonly GraphStep[]): boolean =>
  order.every((step, at) => step.dependsOn.every((on) => order.findIndex((one) => one.stepId === on) < at));

describe('the order of steps', () => {
  it('holds every step once, after what it depends on', () => {
    fc.assert(
      fc.property(anyGraph, (steps) => {
        const order = inTopologicalOrder(steps);
        expect(isLegal(order)).toBe(true);
        expect([...order].sort(byId)).toEqual([...steps].sort(byId));
      }),
    );
  });

  it('is the declaration wherever the dependencies leave it free, and the same each time', () => {
    fc.assert(
      fc.property(anyGraph, (steps) => {
        const order = inTopologicalOrder(steps);
        expect(inTopologicalOrder(steps)).toEqual(order);
        for (const [at, step] of order.entries()) {
          const placed = new Set(order.slice(0, at).map((one) => one.stepId));
          const first = steps.find((one) => !placed.has(one.stepId) && one.dependsOn.every((on) => placed.has(on)));
          expect(first).toBe(step);
        }
      }),
    );
  });

  it('leaves out what stands on a cycle', () => {
    const steps = [
      { stepId: 'a', dependsOn: ['b'] },
      { stepId: 'b', dependsOn: ['a'] },
      { stepId: 'c', dependsOn: [] },
    ];
    expect(inTopologicalOrder(steps).map((step) => step.stepId)).toEqual(['c']);
  });
});

describe('a cycle', () => {
  it('is not found where there is none', () => {
    fc.assert(
      fc.property(anyGraph, (steps) => {
        expect(cyclesIn(steps)).toEqual([]);
      }),
    );
  });

  it('is found wherever one is put, and its members are named in the order of its edges', () => {
    fc.assert(
      fc.property(anyGraph, fc.integer({ min: 1, max: 5 }), (steps, length) => {
        const ring = Array.from({ length }, (_, at) => ({ stepId: `r${at}`, dependsOn: [`r${(at + 1) % length}`] }));
        const [found = [], ...others] = cyclesIn([...steps, ...ring]);
        expect(others).toEqual([]);
        expect(found).toHaveLength(length);
        for (const [at, stepId] of found.entries())
          expect(ring.find((one) => one.stepId === stepId)?.dependsOn).toEqual([found[(at + 1) % length]]);
      }),
    );
  });
});

describe('several cycles', () => {
  const ring = (...stepIds: readonly string[]): GraphStep[] =>
    stepIds.map((stepId, at) => ({ stepId, dependsOn: [stepIds[(at + 1) % stepIds.length] as string] }));

  it('are all named, and those that touch as one', () => {
    const apart = [...ring('i'), ...ring('k', 'l'), ...ring('m', 'n')];
    expect(cyclesIn(apart)).toEqual([['i'], ['k', 'l'], ['m', 'n']]);
    const behind = apart.map((step) => (step.stepId === 'm' ? { ...step, dependsOn: ['n', 'k'] } : step));
    expect(cyclesIn(behind)).toEqual([['i'], ['k', 'l'], ['m', 'n']]);
    const touching = [
      { stepId: 'a', dependsOn: ['b', 'c'] },
      ...['b', 'c'].map((stepId) => ({ stepId, dependsOn: ['a'] })),
    ];
    expect(cyclesIn(touching)).toEqual([['a', 'b']]);
  });
});

describe('what comes before a step', () => {
  it('is what it depends on, directly or not, and never itself', () => {
    fc.assert(
      fc.property(anyGraph, (steps) => {
        for (const { stepId, dependsOn } of steps) {
          const before = ancestorsOf(stepId, steps);
          const expected = new Set(dependsOn.flatMap((on) => [on, ...ancestorsOf(on, steps)]));
          expect([...before].sort()).toEqual([...expected].sort());
          expect(before.has(stepId)).toBe(false);
        }
      }),
    );
  });
});

const byId = (a: GraphStep, b: GraphStep): number => (a.stepId < b.stepId ? -1 : 1);
