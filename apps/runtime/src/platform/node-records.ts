import type { LogWriter } from '@intendant/partition';
import { type Attribution, type Lease, nodeStream } from '@intendant/wal';

const PLATFORM: Attribution = {
  tenantId: 'platform',
  sessionId: null,
  executionId: null,
  intentId: null,
  correlationId: null,
};

/** This process owns these partitions from here on, with the durability that the log really gives. */
export async function recordEpochs(log: LogWriter, leases: readonly Lease[]): Promise<void> {
  const { durability } = log.wal.describe();
  const opened = leases.map(({ epoch, partition }) => ({
    type: 'epoch.opened' as const,
    actor: 'runtime',
    cause: null,
    data: { durability, epoch, partition },
  }));
  await log.append(nodeStream('runtime'), PLATFORM, opened);
}

/** Nothing was accepted after this record. */
export async function recordDrain(log: LogWriter, reason: string): Promise<void> {
  const drained = { type: 'node.drained' as const, actor: 'runtime', cause: null, data: { reason } };
  await log.append(nodeStream('runtime'), PLATFORM, [drained]);
}
