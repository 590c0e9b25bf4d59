import { FailureError, failure } from '@intendant/intent-model';
import { UnfitLog } from '@intendant/wal';
import { executionIn } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { Ground } from '../test/bench.js';
import { success } from '../test/scripted-dispatcher.js';
import type { DeliveryOutcome } from './index.js';
import { whenFit } from './when-fit.js';

const HERE = executionIn(0);
const TOO_WEAK = new UnfitLog(['appendfsync is everysec, must be always']);

/** An execution whose call ends while the log is too weak to be written. */
async function endedWhileUnfit(late: string[] = []) {
  let end: (outcome: DeliveryOutcome) => void = () => undefined;
  const called = new Promise<DeliveryOutcome>((resolve) => {
    end = resolve;
  });
  const broken: Error[] = [];
  const bench = await new Ground().start(() => called, {
    events: {
      applied: () => undefined,
      broken: (_executionId, error) => void broken.push(error),
      halted: () => undefined,
      late: (_delivery, outcome) => void late.push(outcome),
    },
  });
  await bench.accept(HERE);
  bench.wal.unfit = TOO_WEAK;
  end(success);
  await bench.ground.time.pass(60_000);
  return { bench, broken };
}

describe('while the log is too weak to be written', () => {
  it('nothing new is taken, and a signal is refused at once', async () => {
    const { bench } = await endedWhileUnfit();
    await expect(bench.accept(executionIn(0, 1))).rejects.toBe(TOO_WEAK);
    const pause = { kind: 'signal', signal: { kind: 'pause' } } as unknown as Parameters<
      typeof bench.supervisor.signal
    >[1];
    await expect(bench.supervisor.signal(HERE, pause)).rejects.toBe(TOO_WEAK);
    expect(bench.supervisor.liveCount).toBe(1);
  });

  it('an outcome waits, and is recorded once when the log is right again; nothing is called twice', async () => {
    const { bench, broken } = await endedWhileUnfit();
    expect(await bench.ground.types(HERE)).not.toContain('step.succeeded');
    bench.wal.unfit = null;
    await bench.ground.time.pass(1_000);
    const types = await bench.ground.types(HERE);
    expect(types.filter((type) => type === 'execution.completed')).toHaveLength(1);
    expect([bench.dispatcher.deliveries.length, broken]).toEqual([1, []]);
  });

  it('what another replica appends for an outcome waits, too, when that one refuses it for later', async () => {
    const bench = await new Ground().start(() => new Promise(() => undefined));
    let tries = 0;
    const append = async () => {
      tries += 1;
      if (tries === 1) throw new FailureError(failure('wal_unavailable', TOO_WEAK.message));
      if (tries === 2) throw new FailureError(failure('not_found', 'something else'));
    };
    const ports = { log: bench.log, scheduler: bench.ground.time };
    const appended = expect(whenFit(ports, HERE, append)).rejects.toThrow('something else');
    await bench.ground.time.pass(1_000);
    await appended;
    expect(tries).toBe(2);
  });

  it('an outcome of a partition that is given up is told as late', async () => {
    const late: string[] = [];
    const { bench, broken } = await endedWhileUnfit(late);
    bench.log.giveUp(0);
    bench.supervisor.release(0);
    await bench.ground.time.pass(1_000);
    expect([late, broken]).toEqual([['succeeded'], []]);
  });

  it('an outcome of an earlier claim is not written when the partition was taken again: its call is made again', async () => {
    const { bench } = await endedWhileUnfit();
    bench.log.giveUp(0);
    bench.supervisor.release(0);
    bench.wal.unfit = null;
    bench.dispatcher.script = () => new Promise(() => undefined);
    await bench.log.claim(0);
    await bench.supervisor.recover([0]);
    await bench.ground.time.pass(1_000);
    expect(bench.dispatcher.deliveries).toHaveLength(2);
    expect(await bench.ground.types(HERE)).not.toContain('step.succeeded');
  });
});
