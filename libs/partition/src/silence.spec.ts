import { planStep } from '@intendant/execution/testing';
import { promisesSettled } from '@intendant/kernel/testing';
import { executionIn } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { Bench, Ground, PARTITIONS } from '../test/bench.js';
import { failure, type Script } from '../test/scripted-dispatcher.js';

const ID = executionIn(0);
const BOUND_MS = 10_000;
const retry = { attemptsMax: 5, initialMs: 60_000, factor: 1, capMs: 60_000, nonRetryableCodes: [] };
const retried = { concurrencyMax: 1, steps: [planStep('a', [], { retry, timeoutMs: 60_000 })] };
const fails: Script = () => Promise.resolve(failure());
const never: Script = () => new Promise<never>(() => undefined);

/** A process that sleeps over a retry. */
async function asleep(ground = new Ground()): Promise<{ ground: Ground; bench: Bench }> {
  const bench = await ground.start(fails);
  await bench.accept(ID, {}, { plan: retried });
  await promisesSettled();
  expect(bench.supervisor.liveCount).toBe(0);
  return { ground, bench };
}

describe('silence of what is not in memory', () => {
  it('is none while an execution sleeps, however long', async () => {
    const { ground, bench } = await asleep();
    await ground.time.pass(29_000);
    expect(await bench.supervisor.silent(BOUND_MS)).toEqual([]);
  });

  it('is noticed when a timer fired and nothing came of it, until something does', async () => {
    const { ground, bench } = await asleep();
    bench.wal.fate = () => 'in_doubt';
    await ground.time.pass(60_000);
    expect(bench.broken.map(({ executionId }) => executionId)).toEqual([ID]);
    await ground.time.pass(BOUND_MS + 60_000);
    expect(await bench.supervisor.silent(BOUND_MS)).toEqual([ID]);
    const next = await ground.start(fails);
    await ground.time.pass(0);
    expect(await next.supervisor.silent(BOUND_MS)).toEqual([]);
    expect(await bench.supervisor.silent(BOUND_MS)).toEqual([]);
  });

  it('is noticed of an execution that the store holds for unsettled and nobody has taken up', async () => {
    const ground = new Ground();
    const bench = await ground.start(never);
    await bench.accept(ID, {}, { plan: retried });
    await promisesSettled();
    const forgetful = new Bench(ground, never, {});
    for (let partition = 0; partition < PARTITIONS; partition += 1) await forgetful.log.claim(partition);
    await ground.time.pass(60_000);
    expect(await forgetful.supervisor.silent(BOUND_MS)).toEqual([]);
    await ground.time.pass(BOUND_MS + 1_000);
    expect(await forgetful.supervisor.silent(BOUND_MS)).toEqual([ID]);
  });

  it('is noticed after a restart as before it', async () => {
    const ground = new Ground();
    const bench = await ground.start(never);
    await bench.accept(ID, {}, { plan: retried });
    await ground.time.pass(60_000 + BOUND_MS + 1_000);
    const next = await ground.start(never);
    expect(await next.supervisor.silent(BOUND_MS)).toEqual([ID]);
  });
});
