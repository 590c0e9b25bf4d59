import { ManualTime } from '@intendant/kernel/testing';
import { createLogger } from '@intendant/nest-kit';
import { LogWriter } from '@intendant/partition';
import { MemoryWal } from '@intendant/wal';
import { expect, it } from '@jest/globals';
import { Holders } from '../link/holders.js';
import { Holding } from './holding.js';

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
