import { IllegalRecord } from '@intendant/execution';
import type { Principal } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { auditOf, LogCorrupt } from '@intendant/wal';
import type { Platform } from '../platform/compose.js';

export interface ReplayOutcome<T> {
  readonly digest: string;
  readonly findings: readonly string[];
  readonly body: T;
}

/** Runs a replay between its two records in the tenant's audit stream; the replayed streams are not touched. */
export async function recordedReplay<T extends object>(
  platform: Platform,
  caller: { readonly principal: Principal; readonly correlationId: string },
  mode: string,
  target: string,
  run: () => Promise<ReplayOutcome<T>>,
): Promise<T & { replayId: string }> {
  const { principal, correlationId } = caller;
  const replayId = platform.ids.next('rpl');
  const stream = auditOf(principal.tenantId);
  const attribution = {
    tenantId: principal.tenantId,
    sessionId: null,
    executionId: null,
    intentId: null,
    correlationId,
  };
  const requested = await platform.log.append(stream, attribution, [
    { type: 'replay.requested', actor: `user:${principal.userId}`, cause: null, data: { mode, replayId, target } },
  ]);
  const complete = async ({ digest, findings }: Omit<ReplayOutcome<T>, 'body'>): Promise<void> => {
    const verdict = findings.length === 0 ? ('passed' as const) : ('failed' as const);
    const data = { digest, findings: findings.map((finding) => finding.slice(0, 512)), replayId, verdict };
    await platform.log.append(stream, attribution, [
      { type: 'replay.completed', actor: 'runtime', cause: { seq: requested.firstSeq }, data },
    ]);
  };
  const outcome = await run().catch(async (error: Error) => {
    // A log that does not verify or fold is a finding of the replay, too; then the caller gets it as the answer.
    await complete({ digest: digestOf(null), findings: [error.message] });
    throw error instanceof IllegalRecord ? new LogCorrupt(target, error.message) : error;
  });
  await complete(outcome);
  return { replayId, ...outcome.body };
}
