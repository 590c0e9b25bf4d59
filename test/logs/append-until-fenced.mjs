// Holds a partition and appends one entry after the other, telling its parent of each; ends when an append is rejected.
// argv: backend, the options of its log, folder of the copy, partition, stream.
import { EMPTY_HEAD, encodeEntry, headAfter } from '@intendant/wal';
import { openKafkaFrameLog } from '@intendant/wal-kafka';
import { openRedisFrameLog } from '@intendant/wal-redis';
import { RemoteWal } from '@intendant/wal-remote';

const [backend, options, directory, partition, streamId] = process.argv.slice(2);
const open = { redis: openRedisFrameLog, kafka: openKafkaFrameLog }[backend];
const scheduler = {
  after: (delayMs, callback) => {
    const timer = setTimeout(() => callback(), delayMs);
    return () => clearTimeout(timer);
  },
};
const wal = await RemoteWal.open({
  directory,
  log: await open(JSON.parse(options)),
  scheduler,
  onLost: (_partition, { name }) => process.send({ lost: name }),
  onHalted: (_partition, { finding }) => process.send({ halted: finding }),
});
process.once('disconnect', () => process.exit(1));
const lease = await wal.acquire(Number(partition));
const attribution = {
  correlationId: 'correlation-1',
  executionId: streamId,
  intentId: null,
  sessionId: null,
  tenantId: 'acme',
};
const draft = {
  type: 'event.emitted',
  data: { data: {}, eventId: `${streamId}/main/0`, eventType: 'content.parsed' },
  actor: 'runtime',
  cause: null,
};
let head = EMPTY_HEAD;
for (;;) {
  const entry = encodeEntry(streamId, head, attribution, '2026-01-02T03:04:05.678Z', [draft]);
  head = headAfter(entry);
  try {
    const [position] = await wal.append(lease, [entry]);
    process.send({ hash: entry.hash.toString('hex'), position });
  } catch (error) {
    process.send({ ended: error.name });
    break;
  }
}
await wal.close();
process.disconnect();
