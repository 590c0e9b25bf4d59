import { describeFrameLog } from '../testing/describe-frame-log.js';
import { MemoryFrameLog } from '../testing/memory-frame-log.js';
import { WAL_PARTITIONS } from '../testing/wal-suite.js';

describeFrameLog('memory', async () => {
  const server = new MemoryFrameLog(WAL_PARTITIONS);
  // every handle is the server itself, which a closed handle must not end
  const handle = () =>
    new Proxy(server, { get: (log, name) => (name === 'close' ? async () => undefined : bound(log, name)) });
  return { open: async () => handle(), destroy: () => server.close() };
});

const bound = (log: MemoryFrameLog, name: string | symbol): unknown => {
  const value = log[name as keyof MemoryFrameLog] as unknown;
  return typeof value === 'function' ? value.bind(log) : value;
};
