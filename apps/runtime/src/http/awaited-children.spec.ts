import type { DurableState, ExecutionState } from '@intendant/execution';
import { acceptCommand, acceptPlan, broke, History, planStep } from '@intendant/execution/testing';
import { describe, expect, it } from '@jest/globals';
import { awaitedChildren } from './awaited-children.js';
import { sagaView } from './saga-view.js';

/** An execution that waits for the children of these ids. */
function waiting(executionId: string, ...children: readonly string[]): ExecutionState {
  const { state } = History.of(acceptCommand({ durable: true }));
  const open = children.map((id) => [id, { operationId: `of ${id}`, intentType: 'demo.child', payload: {} }]);
  return { ...state, executionId, durable: { ...(state.durable as DurableState), children: Object.fromEntries(open) } };
}

function stuck(executionId: string): ExecutionState {
  const steps = [planStep('a', [], { unknownOutcome: 'park' })];
  const { state } = History.of(acceptPlan({ concurrencyMax: 1, steps }), broke('a', { outcome: 'unknown' }));
  return { ...state, executionId };
}

const of = (state: ExecutionState, ...known: readonly ExecutionState[]) =>
  awaitedChildren(state, {
    read: async (id) => known.find(({ executionId }) => executionId === id),
    healthOf: ({ status }) => (status === 'stuck' ? 'needs_attention' : 'healthy'),
  });

describe('the children that an execution waits for', () => {
  it('are named with why they are stuck, and make their parent need a person', async () => {
    const parent = waiting('p', 'c1', 'c2');
    const children = await of(parent, stuck('c1'), waiting('c2'));
    expect(children).toMatchObject([
      { executionId: 'c1', stepId: 'of c1', status: 'stuck', health: 'needs_attention' },
      { executionId: 'c2', status: 'running', health: 'healthy', stuckReason: null },
    ]);
    expect(children[0]?.stuckReason).toMatch(/is unknown/);
    expect(sagaView(parent, 'healthy', false, children)).toMatchObject({ health: 'needs_attention', children });
  });

  it('need a person as those below them do', async () => {
    expect(await of(waiting('p', 'c'), waiting('c', 'd'), stuck('d'))).toMatchObject([
      { executionId: 'c', status: 'running', health: 'needs_attention', stuckReason: null },
    ]);
  });

  it('are none once it ended, so that it is as healthy as it is itself', async () => {
    const ended = { ...waiting('p', 'c'), status: 'cancelled' as const };
    expect(await of(ended, stuck('c'))).toEqual([]);
    expect(await of(waiting('p', 'c'), { ...stuck('c'), status: 'cancelled' })).toMatchObject([
      { status: 'cancelled', health: 'healthy', stuckReason: null },
    ]);
  });

  it('are shown before they are accepted, too', async () => {
    expect(await of(waiting('p', 'c'))).toMatchObject([{ status: null, health: 'healthy' }]);
  });

  it('are looked for so often and no more', async () => {
    let reads = 0;
    const ids = Array.from({ length: 500 }, (_, n) => `c${n}`);
    const children = await awaitedChildren(waiting('p', ...ids), {
      read: async () => {
        reads += 1;
        return undefined;
      },
      healthOf: () => 'healthy',
    });
    expect([reads, children.length]).toEqual([200, 500]);
  });
});
