import type { SignalCommand, SignalType } from '@intendant/execution';
import { chainOf, planStep, signal } from '@intendant/execution/testing';
import { promisesSettled } from '@intendant/kernel/testing';
import { executionIn } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { type Bench, Ground } from '../test/bench.js';
import { failure, lost, type Script, success } from '../test/scripted-dispatcher.js';
import { validateLog } from '../test/validate-log.js';
import type { DeliveryOutcome } from './index.js';

const ID = executionIn(0);
const HOUR_MS = 3_600_000;
const never: Script = () => new Promise<never>(() => undefined);

/** Answers are given by hand, call by call, in the order they were made. */
class ByHand {
  readonly #open: ((outcome: DeliveryOutcome) => void)[] = [];
  readonly script: Script = () => new Promise((resolve) => this.#open.push(resolve));

  async answer(outcome: DeliveryOutcome): Promise<void> {
    this.#open.shift()?.(outcome);
    await promisesSettled();
  }
}

const apply = (bench: Bench, type: SignalType, payload: SignalCommand['payload'] = {}) =>
  bench.supervisor.signal(ID, signal(type, payload));
const statusOf = async (bench: Bench) => (await bench.supervisor.read(ID))?.status;

async function started(script: Script, plan = chainOf('a', 'b')): Promise<{ ground: Ground; bench: Bench }> {
  const ground = new Ground();
  const bench = await ground.start(script);
  await bench.accept(ID, {}, { plan });
  await promisesSettled();
  return { ground, bench };
}

const parking = { concurrencyMax: 1, steps: [planStep('a', [], { unknownOutcome: 'park' }), planStep('b', ['a'])] };

describe('a signal to a live execution', () => {
  it('pauses it: what runs is drained, nothing new starts before it is resumed', async () => {
    const hand = new ByHand();
    const { ground, bench } = await started(hand.script);
    expect(await apply(bench, 'pause')).toMatchObject({ kind: 'applied', appliedSeq: 8, state: { status: 'paused' } });
    await hand.answer(success);
    expect(bench.dispatcher.deliveries).toHaveLength(1);
    expect(await apply(bench, 'resume')).toMatchObject({ kind: 'applied', state: { status: 'running' } });
    await promisesSettled();
    expect(bench.dispatcher.deliveries.map(({ call }) => call.stepId)).toEqual(['a', 'b']);
    await hand.answer(success);
    expect(await statusOf(bench)).toBe('completed');
    expect(await validateLog(ground.wal, ID)).toEqual([]);
  });

  it('is decided, then applied, then followed by its effects, in one entry', async () => {
    const { ground, bench } = await started(never);
    await apply(bench, 'pause');
    const entries = await ground.wal.readStream(ID);
    expect(entries.at(-1)?.records.map(({ type }) => type)).toEqual([
      'signal.decided',
      'signal.applied',
      'execution.paused',
    ]);
  });

  it('is not applied when it cannot be recorded', async () => {
    const { bench } = await started(never);
    bench.wal.fate = () => 'in_doubt';
    await expect(apply(bench, 'pause')).rejects.toMatchObject({ name: 'AppendInDoubt' });
    expect(await statusOf(bench)).toBe('running');
  });

  it('has one effect, however often it is sent', async () => {
    const { ground, bench } = await started(never);
    const pause = signal('pause');
    const answers = await Promise.all([bench.supervisor.signal(ID, pause), bench.supervisor.signal(ID, pause)]);
    expect(answers.map(({ kind }) => kind)).toEqual(['applied', 'known']);
    expect((await ground.types(ID)).filter((type) => type === 'execution.paused')).toHaveLength(1);
    const other = { ...pause, signalType: 'cancel' as const };
    const refusal = { code: 'signal_duplicate' };
    expect(await bench.supervisor.signal(ID, other)).toMatchObject({ kind: 'refused', refusal });
    const changed = { ...pause, payloadDigest: 'e'.repeat(64) };
    expect(await bench.supervisor.signal(ID, changed)).toMatchObject({ kind: 'refused', refusal });
  });

  it('that the state refuses leaves no trace in its history', async () => {
    const { ground, bench } = await started(never);
    const before = await ground.types(ID);
    expect(await apply(bench, 'resume')).toMatchObject({
      kind: 'refused',
      refusal: { code: 'signal_not_applicable' },
    });
    expect(await ground.types(ID)).toEqual(before);
  });

  it('cancels it: what succeeded is undone', async () => {
    const hand = new ByHand();
    const { bench } = await started(hand.script);
    await hand.answer(success);
    expect(await apply(bench, 'cancel')).toMatchObject({ state: { status: 'compensating' } });
    await hand.answer(failure(false));
    expect(bench.dispatcher.deliveries.at(-1)?.call).toMatchObject({ stepId: 'a', direction: 'undo' });
    await hand.answer(success);
    expect(await statusOf(bench)).toBe('cancelled');
  });

  it('stops it in an emergency: its calls are cancelled, and what they still bring is late', async () => {
    const hand = new ByHand();
    const { ground, bench } = await started(hand.script);
    expect(await apply(bench, 'emergency_stop')).toMatchObject({ state: { status: 'cancelled' } });
    const [delivery] = bench.dispatcher.deliveries;
    expect(bench.dispatcher.cancelled).toEqual([delivery]);
    await hand.answer(success);
    await bench.supervisor.recordLate(ID, 'a', { epoch: 1, n: 1 }, 'succeeded');
    expect((await ground.types(ID)).slice(-2)).toEqual(['execution.cancelled', 'call.superseded']);
    expect(await validateLog(ground.wal, ID)).toEqual([]);
  });
});

describe('a signal to an execution that is not live', () => {
  const stuckOnes: Script = ({ call }) => (call.stepId === 'a' && call.attempt === 1 ? lost : success);

  it('takes a stuck one up again, also after a restart', async () => {
    const { ground, bench } = await started(stuckOnes, parking);
    expect(await statusOf(bench)).toBe('stuck');
    const next = await ground.start(stuckOnes);
    expect(next.recovered).toBe(0);
    expect(await next.supervisor.signal(ID, signal('retry_step', { stepId: 'a' }))).toMatchObject({ kind: 'applied' });
    expect(next.supervisor.liveCount).toBe(1);
    await ground.time.pass(HOUR_MS);
    expect((await next.supervisor.read(ID))?.status).toBe('completed');
    expect(await validateLog(ground.wal, ID)).toEqual([]);
  });

  it('numbers its calls above those it made before it was stuck', async () => {
    const { ground, bench } = await started(stuckOnes, parking);
    await apply(bench, 'retry_step', { stepId: 'a' });
    await ground.time.pass(HOUR_MS);
    const numbers = bench.dispatcher.deliveries.map(({ callToken }) => callToken.n);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('is live once for any number of signals at the same time', async () => {
    const { ground, bench } = await started(stuckOnes, parking);
    const outcomes = await Promise.all([
      apply(bench, 'claim'),
      apply(bench, 'retry_step', { stepId: 'a' }),
      bench.supervisor.recordLate(ID, 'a', { epoch: 1, n: 1 }, 'succeeded'),
      apply(bench, 'retry_step', { stepId: 'a' }),
    ]);
    expect(outcomes.map((outcome) => outcome?.kind)).toEqual(['applied', 'applied', undefined, 'refused']);
    await ground.time.pass(HOUR_MS);
    expect(await statusOf(bench)).toBe('completed');
    expect(bench.dispatcher.deliveries.map(({ call }) => `${call.stepId}${call.attempt}`)).toEqual(['a1', 'a2', 'b1']);
    expect([bench.broken, await validateLog(ground.wal, ID)]).toEqual([[], []]);
  });

  it('has its step resolved and goes on, and lets a timer that was armed before fire for it', async () => {
    const plan = {
      concurrencyMax: 2,
      steps: [
        planStep('a', [], { unknownOutcome: 'park' }),
        planStep('b', [], {
          retry: { attemptsMax: 3, initialMs: 60_000, factor: 1, capMs: 60_000, nonRetryableCodes: [] },
        }),
      ],
    };
    const { ground, bench } = await started(
      ({ call }) => (call.stepId === 'a' ? lost : call.attempt === 1 ? failure() : success),
      plan,
    );
    expect(await statusOf(bench)).toBe('stuck');
    await apply(bench, 'resolve_step', { stepId: 'a', outcome: 'succeeded' });
    await ground.time.pass(HOUR_MS);
    expect(await statusOf(bench)).toBe('completed');
  });

  it('resolves an unknown outcome by what a person found', async () => {
    const { bench } = await started(stuckOnes, parking);
    await apply(bench, 'resolve_step', { stepId: 'a', outcome: 'succeeded' });
    await promisesSettled();
    expect(bench.dispatcher.deliveries.map(({ call }) => call.stepId)).toEqual(['a', 'b']);
  });

  it('reaches one that has ended with nothing but an alert', async () => {
    const { ground, bench } = await started(() => success);
    expect(await statusOf(bench)).toBe('completed');
    const refusal = { code: 'run_terminal' };
    expect(await apply(bench, 'cancel')).toMatchObject({ kind: 'refused', refusal });
    expect(await apply(bench, 'emergency_stop')).toMatchObject({ kind: 'refused', refusal });
    expect(await apply(bench, 'escalate_alert', { level: 'P1' })).toMatchObject({ kind: 'applied' });
    expect((await ground.types(ID)).at(-1)).toBe('alert.raised');
    expect(bench.supervisor.liveCount).toBe(0);
    const settledOnce = bench.changes.filter(([before, after]) => before !== after && after === 'completed');
    expect(settledOnce).toHaveLength(1);
  });

  it('says that there is no such execution', async () => {
    const bench = await new Ground().start();
    expect(await apply(bench, 'pause')).toMatchObject({ kind: 'refused', refusal: { code: 'not_found' } });
  });

  it('is not taken while the process drains', async () => {
    const { bench } = await started(stuckOnes, parking);
    await bench.supervisor.drain(0);
    expect(await apply(bench, 'claim')).toEqual({ kind: 'draining' });
  });
});

describe('silence', () => {
  it('is noticed when a call should long have ended, and not before', async () => {
    const { ground, bench } = await started(never, {
      concurrencyMax: 1,
      steps: [planStep('a', [], { timeoutMs: 60_000 })],
    });
    await ground.time.pass(69_000);
    expect(await bench.supervisor.silent(10_000)).toEqual([]);
    await ground.time.pass(2_000);
    expect(await bench.supervisor.silent(10_000)).toEqual([ID]);
  });
});
