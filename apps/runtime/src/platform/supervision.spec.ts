import { ManualTime } from '@intendant/kernel/testing';
import { createLogger } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { LogWriter } from '@intendant/partition';
import { LogCorrupt, MemoryWal } from '@intendant/wal';
import { executionIn, MemoryPartitionStore, storeBeside } from '@intendant/wal/testing';
import { expect, it } from '@jest/globals';
import { connectPeers } from './peers.js';
import { createSupervision } from './supervision.js';

type Foundation = Parameters<typeof createSupervision>[0];

it('a partition whose unsettled executions cannot be read is told of as one that cannot be taken here', async () => {
  const time = new ManualTime();
  const store = new MemoryPartitionStore();
  const wal = storeBeside(new MemoryWal(2), store);
  const halted: string[] = [];
  const foundation = {
    env: {
      INTENDANT_CURATOR_ADDRESS: { host: '127.0.0.1', port: 1 },
      INTENDANT_SMART_CITY_ADDRESS: { host: '127.0.0.1', port: 1 },
      INTENDANT_POLICY_DEADLINE_MS: 1_000,
      INTENDANT_CALLS_PER_INSTANCE_MAX: 1,
    },
    wal: Object.assign(wal, { store, readStream: () => Promise.reject(new LogCorrupt('seq 1', 'hash')) }),
    log: new LogWriter(wal, time),
    clock: time,
    tls: await (await TestAuthority.create()).issue('runtime'),
    logger: createLogger('spec', 'fatal'),
    metrics: {},
    onHalted: (partition: number, { message }: Error) => void halted.push(`${partition}: ${message}`),
  } as unknown as Foundation;
  store.liveExecutions = (partition) => (partition === 1 ? [executionIn(1)] : []);
  const peers = connectPeers(foundation);
  const { supervisor } = createSupervision(foundation, peers);
  await supervisor.recover([0, 1]);
  peers.disconnect();
  expect(halted).toEqual([expect.stringContaining('1: ')]);
});
