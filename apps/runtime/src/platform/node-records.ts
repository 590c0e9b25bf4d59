import type { LogWriter } from '@intendant/partition';
import { type Attribution, type Lease, partitionStream } from '@intendant/wal';

const PLATFORM: Attribution = {
  tenantId: 'platform',
  sessionId: null,
  executionId: null,
  intentId: null,
  correlationId: null,
};

/** This process owns the partition from here on, with the durability that the log really gives. */
export async function recordEpoch(log: LogWriter, { epoch, partition }: Lease): Promise<void> {
  const { durability } = log.wal.describe();
  const data = { durability, epoch, partition };
  await log.append(partitionStream(partition), PLATFORM, [
    { type: 'epoch.opened' as const, actor: 'runtime', cause: null, data },
  ]);
}

/** Nothing was accepted in the partition after this record, until its next epoch was opened. */
export async function recordDrain(log: LogWriter, partition: number, reason: string): Promise<void> {
  const drained = { type: 'node.drained' as const, actor: 'runtime', cause: null, data: { reason } };
  await log.append(partitionStream(partition), PLATFORM, [drained]);
}
