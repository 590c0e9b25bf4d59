import { type ExecutionState, isTerminal, judgeSignal, type SignalType } from '@intendant/execution';
import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type SagaContext, StepFailure } from '@intendant/participant';
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { demoCapability } from '../test/demo-capability.js';
import { SagaWorld } from './saga-world.js';

const retry = { attemptsMax: 2, initialMs: 100, factor: 1, capMs: 100, nonRetryableCodes: [] };
const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };
const undo = { compensate: { intent: 'demo.undo', input: {} } };

const FATES = ['succeeds', 'fails', 'fails_for_good', 'hangs'] as const;
const LEFT = ['waits', 'throws', 'throws_for_now', 'catches', 'races'] as const;
const SIGNALS = [
  'retry_step',
  'resolve_step',
  'cancel',
  'compensate',
  'pause',
  'resume',
  'application',
  'emergency_stop',
] as const satisfies readonly SignalType[];

/** What the actions of one branch do, attempt by attempt, and what the branch does then. */
const anyBranch = fc.record({
  fates: fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 4 }),
  left: fc.constantFrom(...LEFT),
  /** Whether an action that hangs is given up before the whole call is. */
  bounded: fc.boolean(),
});
const anyMove = fc.record({
  type: fc.constantFrom(...SIGNALS),
  stepId: fc.constantFrom('main', 'a', 'x0', 'x1'),
  succeeded: fc.boolean(),
  /** Whether the clock has moved on by then as far as it goes, or only to the next thing that is due. */
  restsBefore: fc.boolean(),
});

type Branch = {
  readonly fates: readonly (typeof FATES)[number][];
  readonly left: (typeof LEFT)[number];
  readonly bounded: boolean;
};

async function actionOf({ fates }: Branch, attempt: number): Promise<number> {
  const fate = fates[Math.min(attempt, fates.length) - 1];
  if (fate === 'hangs') return new Promise(() => undefined);
  if (fate === 'succeeds') return attempt;
  throw new StepFailure('broken', 'asked to fail', { retryable: fate === 'fails' });
}

async function runBranch(ctx: SagaContext, index: number, branch: Branch): Promise<number> {
  const id = `x${index}`;
  const options = { ...(branch.bounded && { timeoutMs: 1_000 * (index + 1) }), retry, ...undo };
  const ran = ctx.step(id, ({ attempt }) => actionOf(branch, attempt), options);
  if (branch.left === 'races') return Promise.race([ran, ctx.sleep(`s${index}`, 1_500).then(() => 0)]);
  const value = branch.left === 'catches' ? await ran.catch(() => 0) : await ran;
  if (branch.left === 'waits') await ctx.waitForSignal('go', { id: `go.${index}` });
  if (branch.left.startsWith('throws'))
    throw new StepFailure('left', 'asked to fail', { retryable: branch.left === 'throws_for_now' });
  return value;
}

const worldOf = (branches: readonly Branch[]) =>
  new SagaWorld([
    {
      service: 'demo',
      capabilities: [demoCapability('demo.saga', { durable: true }), demoCapability('demo.undo')],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.undo'],
        handleIntent: async () => nothing,
        handleSaga: async (_intent: Intent, ctx: SagaContext) => {
          await ctx.step('a', async () => 1, undo);
          await ctx.all(branches.map((branch, index) => (one: SagaContext) => runBranch(one, index, branch)));
          return nothing;
        },
      },
    },
  ]);

/** When nothing is in flight and no timer is set, it has ended, or waits for somebody whom it can name. */
const isMoved = ({ status, durable }: ExecutionState): boolean =>
  isTerminal(status) || status === 'paused' || (status === 'waiting' && (durable?.waits.length ?? 0) > 0);

/** A person can name a step and say what to do with it. */
const isRepairable = (world: SagaWorld, state: ExecutionState): boolean =>
  ['retry_step' as const, 'resolve_step' as const].some((type) =>
    Array.from(state.steps).some(
      ({ stepId }) => judgeSignal(state, world.signal(type, { stepId, outcome: 'failed' })) === null,
    ),
  );

describe('a saga as code, whatever its actions and people do', () => {
  it('has something that moves it, has ended, or is stuck', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyBranch, { minLength: 1, maxLength: 2 }),
        fc.array(anyMove, { maxLength: 6 }),
        async (branches, moves) => {
          const world = worldOf(branches);
          await world.start();
          const id = await world.submit('demo.saga', {});
          const requireMoved = async (after: string) => {
            const state = await world.untilSettled();
            if (world.process.broken.length > 0) throw world.process.broken[0];
            if (isMoved(state) || (state.status === 'stuck' && isRepairable(world, state))) return;
            const steps = Array.from(state.steps, (step) => `${step.stepId} ${step.status} ${step.errorOutcome}`);
            throw new Error(`after ${after} it is ${state.status} for ever: ${steps.join(', ')}`);
          };
          for (const { type, stepId, succeeded, restsBefore } of moves) {
            if (restsBefore) await requireMoved('a rest');
            else await world.toNextTimer();
            await world.quiet();
            const payload = { stepId, outcome: succeeded ? 'succeeded' : 'failed', name: 'go' };
            const signal = world.signal(type, payload);
            if (judgeSignal(await world.state(), signal) === null) await world.process.supervisor.signal(id, signal);
            await world.quiet();
          }
          await requireMoved(moves.map((move) => `${move.type} ${move.stepId}`).join(', '));
        },
      ),
      { numRuns: 150 },
    );
  });
});
