import type { ExecutionMetricsReply } from '@intendant/intent-model';
import type { IntentTypeMetrics } from '@intendant/read-model';

type Counts = Omit<ExecutionMetricsReply['byIntentType'][number], 'intentType'>;

/** Counts of all intent types together, and of each. */
export const metricsView = (
  rows: readonly IntentTypeMetrics[],
): Counts & Pick<ExecutionMetricsReply, 'byIntentType'> => ({
  ...countsOf(rows),
  byIntentType: rows.map((row) => ({ intentType: row.intentType, ...countsOf([row]) })),
});

function countsOf(rows: readonly IntentTypeMetrics[]): Counts {
  const sum = (of: (row: IntentTypeMetrics) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const successful = sum((row) => row.successful);
  const failed = sum((row) => row.failed);
  const compensated = sum((row) => row.compensated);
  const cancelled = sum((row) => row.cancelled);
  const stuck = sum((row) => row.stuck);
  const judged = successful + failed + compensated + stuck;
  const ended = successful + failed + compensated + cancelled;
  return {
    total: sum((row) => row.total),
    successful,
    failed,
    compensated,
    cancelled,
    stuck,
    unsettled: sum((row) => row.unsettled),
    successRate: judged === 0 ? null : successful / judged,
    errorRate: judged === 0 ? null : (judged - successful) / judged,
    averageMs: ended === 0 ? null : sum((row) => row.endedMs) / ended,
  };
}
