import type { ExecutionMetricsReply } from '@intendant/client';
import { Command, Option } from 'commander';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { type Cell, listLines, tableLines } from '../table.js';

type Range = ExecutionMetricsReply['range'];

export const metricsCommand = (runner: Runner): Command =>
  new Command('metrics')
    .description('count executions by outcome and intent type')
    .addOption(new Option('--range <range>', 'how far back').choices(['1h', '24h', '7d']).default('24h'))
    .action(
      runner(async (run, _args, { range }: { range: Range }) => {
        const reply = await (await run.client()).executionMetrics({ range });
        run.print({
          json: reply,
          ids: () => reply.byIntentType.map(({ intentType }) => intentType),
          table: () => metricsLines(run, reply),
        });
      }),
    );

function metricsLines({ palette }: Invocation, reply: ExecutionMetricsReply): string[] {
  const { scope, from, to, byIntentType, ...counts } = reply;
  const head: Record<string, Cell> = {
    accepted: `${from} to ${to}`,
    of: scope === 'tenant' ? 'the tenant' : 'the caller',
    total: String(counts.total),
    successful: String(counts.successful),
    failed: String(counts.failed),
    compensated: String(counts.compensated),
    cancelled: String(counts.cancelled),
    stuck: String(counts.stuck),
    unsettled: String(counts.unsettled),
    'success rate': percent(counts.successRate),
    'error rate': percent(counts.errorRate),
    average: milliseconds(counts.averageMs),
  };
  const rows = byIntentType.map((one) => [
    one.intentType,
    String(one.total),
    String(one.successful),
    String(one.failed),
    percent(one.errorRate),
    milliseconds(one.averageMs),
  ]);
  const columns = ['INTENT', 'TOTAL', 'SUCCESSFUL', 'FAILED', 'ERROR RATE', 'AVERAGE'];
  return [...listLines(head, palette), '', ...tableLines(columns, rows, palette)];
}

const percent = (rate: number | null): string => (rate === null ? 'none' : `${(100 * rate).toFixed(1)} %`);
const milliseconds = (ms: number | null): string => (ms === null ? 'none' : `${ms.toFixed(0)} ms`);
