import { promisesSettled } from '@intendant/kernel/testing';
import { executionIn } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { Ground } from '../test/bench.js';
import { failure, success } from '../test/scripted-dispatcher.js';
import type { DeliveryOutcome } from './ports.js';

const ID = executionIn(0);

function answerLater(): { answer: (outcome: DeliveryOutcome) => void; script: () => Promise<DeliveryOutcome> } {
  let answer: (outcome: DeliveryOutcome) => void = () => undefined;
  const outcome = new Promise<DeliveryOutcome>((resolve) => {
    answer = resolve;
  });
  return { answer, script: () => outcome };
}

describe('draining', () => {
  it('refuses new work and is over at once when nothing runs', async () => {
    const bench = await new Ground().start();
    await bench.supervisor.drain(10_000);
    expect(await bench.accept(ID)).toEqual({ kind: 'draining' });
    expect(bench.wal.appends).toBe(0);
  });

  it('waits until the calls in flight have their outcome in the log', async () => {
    const ground = new Ground();
    const { answer, script } = answerLater();
    const bench = await ground.start(script);
    await bench.accept(ID);
    bench.wal.fate = () => 'held';
    let drained = false;
    const draining = bench.supervisor.drain(10_000).then(() => {
      drained = true;
    });
    answer(success);
    await ground.time.pass(1_000);
    expect(drained).toBe(false);
    bench.wal.release();
    await ground.time.pass(1_000);
    await draining;
    expect((await ground.types(ID)).at(-1)).toBe('execution.completed');
  });

  it('gives up after the grace; the next process makes the call again', async () => {
    const ground = new Ground();
    const { script } = answerLater();
    const bench = await ground.start(script);
    await bench.accept(ID);
    const draining = bench.supervisor.drain(10_000);
    await ground.time.pass(10_020);
    await draining;
    expect(bench.supervisor.callsInFlight).toBe(1);
    const next = await ground.start();
    await promisesSettled();
    expect((await next.supervisor.read(ID))?.status).toBe('completed');
  });

  it('starts no attempt any more, neither by a timer nor after an acceptance that was under way', async () => {
    const ground = new Ground();
    const bench = await ground.start(() => failure());
    await bench.accept(ID);
    await promisesSettled();
    bench.wal.fate = () => 'held';
    const accepting = bench.accept(executionIn(1));
    await bench.supervisor.drain(10_000);
    bench.wal.release();
    expect(await accepting).toMatchObject({ kind: 'accepted' });
    await ground.time.pass(3_600_000);
    expect(bench.dispatcher.deliveries).toHaveLength(1);
    const next = await ground.start();
    await ground.time.pass(0);
    expect(next.dispatcher.deliveries.map((call) => call.state.executionId)).toEqual([executionIn(1), ID]);
  });
});
