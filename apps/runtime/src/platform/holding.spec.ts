import { ManualTime } from '@intendant/kernel/testing';
import { createLogger } from '@intendant/nest-kit';
import { LogWriter } from '@intendant/partition';
import { Fenced, MemoryWal } from '@intendant/wal';
import { expect, it } from '@jest/globals';
import { Holders } from '../link/holders.js';
import { Holding } from './holding.js';
import { recordEpoch } from './node-records.js';

type Parts = ConstructorParameters<typeof Holding>;

it('a partition that is lost is gone for whoever follows something of it here, and for nobody else', async () => {
  const time = new ManualTime();
  const log = new LogWriter(new MemoryWal(2), time);
  await log.claimAll();
  const holders = new Holders('here', time, time);
  const trouble: Parts[0]['trouble'] = { onLost: () => undefined };
  const nothing = (): void => undefined;
  const metrics = { partitionsLost: { inc: nothing } };
  const env = { INTENDANT_COPY_LAG_MS_MAX: 10_000 };
  const logger = createLogger('spec', 'fatal');
  const foundation = { env, trouble, log, holders, metrics, logger } as unknown as Parts[0];
  const supervision = { supervisor: { release: nothing } } as unknown as Parts[2];
  new Holding(foundation, {} as Parts[1], supervision, { sessions: { forgetAll: nothing } } as unknown as Parts[3]);
  const told: number[] = [];
  holders.onGone(0, () => told.push(0));
  holders.onGone(1, () => told.push(1));
  const forget = holders.onGone(1, () => told.push(2));
  forget();
  trouble.onLost(1, new Error('somebody else claimed it'));
  expect([told, log.held.map(({ partition }) => partition)]).toEqual([[1], [0]]);
});

it('what opens an epoch tells the durability that the log really gives', async () => {
  const wal = new MemoryWal(2);
  const log = new LogWriter(wal, new ManualTime());
  const lease = await log.claim(1);
  await recordEpoch(log, lease);
  const [opened] = (await wal.read(1, 0, 10)).flatMap(({ records }) => records);
  const { durability } = wal.describe();
  expect(opened).toMatchObject({ type: 'epoch.opened', data: { durability, epoch: lease.epoch, partition: 1 } });
});

it('a partition that strangers take again and again is told of, one that was taken now and then is not', async () => {
  const time = new ManualTime();
  const wal = Object.assign(new MemoryWal(2), { unfit: () => null });
  const nothing = (): void => undefined;
  const trouble: Parts[0]['trouble'] = { onLost: nothing };
  const foundation = {
    env: { INTENDANT_COPY_LAG_MS_MAX: 10_000, INTENDANT_WAL: 'sqlite', INTENDANT_REPLICA_ID: 'here' },
    trouble,
    wal,
    clock: time,
    log: new LogWriter(wal, time),
    holders: new Holders('here', time, time),
    metrics: { partitionsLost: { inc: nothing } },
    logger: createLogger('spec', 'fatal'),
  } as unknown as Parts[0];
  const supervision = { supervisor: { release: nothing, recover: async () => 0 } } as unknown as Parts[2];
  const door = { sessions: { forgetAll: nothing } } as unknown as Parts[3];
  const holding = new Holding(foundation, {} as Parts[1], supervision, door);
  await holding.start('https://here');
  const isTold = (): boolean => holding.unready()?.includes('somebody whom Curator does not know') === true;
  const losing = async (everyMs: number): Promise<boolean[]> => {
    const told: boolean[] = [];
    for (let loss = 0; loss < 4; loss += 1) {
      await time.pass(everyMs);
      trouble.onLost(1, new Fenced(1, 1));
      told.push(isTold());
    }
    return told;
  };
  expect(await losing(60_000)).toEqual([false, false, false, false]);
  await time.pass(120_000);
  expect(await losing(20_000)).toEqual([false, false, false, true]);
  await time.pass(120_000);
  expect(isTold()).toBe(false);
});
