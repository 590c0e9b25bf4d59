import type { ExecutionFilter, RefusalSummary } from '@intendant/client';
import { Command } from 'commander';
import { wholeNumber } from '../duration.js';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { tableLines } from '../table.js';
import { UsageError } from '../usage-error.js';
import { statusCell } from '../views/status-colour.js';

interface ListOptions {
  session?: string;
  type?: string;
  status?: string;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: number;
  refused?: boolean;
}

export const listCommand = (runner: Runner): Command =>
  new Command('list')
    .description('list executions, newest first; with --refused what was refused')
    .option('--session <session>', 'of one session')
    .option('--type <intentType>', 'of one intent type')
    .option(
      '--status <status>',
      'running, waiting, paused, compensating, completed, failed, cancelled, compensated or stuck',
    )
    .option('--from <time>', 'accepted at or after this time, such as 2026-05-04T10:00:00Z')
    .option('--to <time>', 'accepted before this time')
    .option('--limit <n>', 'how many at most', wholeNumber)
    .option('--cursor <cursor>', 'go on where an earlier page ended')
    .option('--refused', 'list refusals instead; --cursor and --limit apply')
    .action(
      runner((run, _args, options: ListOptions) =>
        options.refused ? listRefusals(run, options) : listExecutions(run, options),
      ),
    );

async function listExecutions(run: Invocation, options: ListOptions): Promise<void> {
  const { session, type, status, from, to, cursor, limit } = options;
  const filter: ExecutionFilter = { sessionId: session, intentType: type, status, from, to, cursor, limit };
  const page = await (await run.client()).listExecutions(filter);
  const { palette } = run;
  run.print({
    json: page,
    ids: () => page.executions.map(({ executionId }) => executionId),
    table: () =>
      tableLines(
        ['EXECUTION', 'INTENT', 'STATUS', 'USER', 'ACCEPTED', 'ERROR'],
        page.executions.map(({ executionId, intentType, status, userId, acceptedAt, errorCode }) => [
          executionId,
          intentType,
          statusCell(status, palette),
          userId,
          acceptedAt,
          errorCode ?? '',
        ]),
        palette,
      ),
  });
  if (page.nextCursor !== null && run.format !== 'json') run.note(`more with --cursor ${page.nextCursor}`);
}

const FILTERS_OF_EXECUTIONS = ['session', 'type', 'status', 'from', 'to'] as const;

async function listRefusals(run: Invocation, options: ListOptions): Promise<void> {
  const { cursor, limit } = options;
  const filters = FILTERS_OF_EXECUTIONS.filter((name) => options[name] !== undefined).map((name) => `--${name}`);
  if (filters.length > 0)
    throw new UsageError(`${filters.join(', ')} cannot be used with --refused: refusals are listed whole`);
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor))
    throw new UsageError(`--cursor with --refused is the whole number that an earlier page told, not ${cursor}`);
  const before = cursor === undefined ? undefined : Number(cursor);
  const page = await (await run.client()).refusals({ before, limit });
  const { palette } = run;
  run.print({
    json: page,
    ids: () => page.refusals.flatMap(({ refusalId }) => refusalId ?? []),
    table: () => tableLines(['REFUSAL', 'CODE', 'ASKED', 'FROM', 'AT'], page.refusals.map(refusalRow), palette),
  });
  if (page.nextBefore !== null && run.format !== 'json') run.note(`more with --cursor ${page.nextBefore}`);
}

const refusalRow = ({ refusalId, code, intentType, action, targetId, actor, occurredAt }: RefusalSummary): string[] => [
  refusalId ?? '(counted)',
  code ?? '',
  intentType ?? [action, targetId].filter((part) => part !== null).join(' '),
  actor ?? '',
  occurredAt ?? '',
];
