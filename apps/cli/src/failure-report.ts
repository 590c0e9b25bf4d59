import { ArchiveUnconfigured, LogInTheWay, ObjectStoreFailed } from '@intendant/archive';
import { ConnectionFailed, InvalidArgument, ProblemError, UnexpectedReply } from '@intendant/client';
import { LogCorrupt } from '@intendant/wal';
import { DirectoryInUse, LogUnreadable, NoLog } from '@intendant/wal-sqlite';
import { Exit, exitOfStatus } from './exit-codes.js';
import type { Format } from './invocation.js';
import { listLines } from './table.js';
import { jsonText, printable, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Tells what went wrong and gives the exit code; a stack trace only for those who ask for it. */
export function reportFailure(failure: unknown, terminal: Terminal, format: Format, env: NodeJS.ProcessEnv): Exit {
  if (env.INTENDANT_DEBUG === '1')
    terminal.note(printableLines(String((failure as Error).stack ?? failure)).join('\n'));
  if (failure instanceof ProblemError) return reportProblem(failure, terminal, format);
  if (failure instanceof UsageError) {
    note(terminal, failure.message, { remedy: failure.remedy });
    return Exit.usage;
  }
  if (failure instanceof ConnectionFailed) {
    const remedy = 'is it running? `npm start` starts it; --url or INTENDANT_URL say where it is';
    note(terminal, `no connection: ${failure.message}`, { remedy });
    return Exit.unavailable;
  }
  if (failure instanceof NoLog) {
    note(terminal, failure.message, {
      remedy: '--data-dir or INTENDANT_DATA_DIR say where the Runtime keeps its data',
    });
    return Exit.notFound;
  }
  if (failure instanceof InvalidArgument || failure instanceof ArchiveUnconfigured || failure instanceof LogInTheWay) {
    note(terminal, failure.message, {});
    return Exit.usage;
  }
  const isAway =
    failure instanceof ObjectStoreFailed || failure instanceof LogUnreadable || failure instanceof DirectoryInUse;
  if (isAway) {
    note(terminal, failure.message, {});
    return Exit.unavailable;
  }
  if (failure instanceof LogCorrupt) {
    note(terminal, failure.message, {});
    return Exit.notVerified;
  }
  const text = failure instanceof Error ? failure.message : String(failure);
  note(terminal, failure instanceof UnexpectedReply ? `unexpected answer: ${text}` : text, {
    remedy: env.INTENDANT_DEBUG === '1' ? undefined : 'INTENDANT_DEBUG=1 shows where this comes from',
  });
  return Exit.unexpected;
}

/** With `-o json` the problem document is the answer, as the API gave it. */
function reportProblem(failure: ProblemError, terminal: Terminal, format: Format): Exit {
  const { code, detail, status, problem } = failure;
  if (format === 'json') terminal.line(jsonText(problem, 2));
  else {
    const isOurs = problem.type !== 'about:blank';
    note(terminal, `${code}: ${detail}`, {
      field: failure.field,
      remedy: failure.remedy,
      decision: textOf(problem['decisionId']),
      refusal: textOf(problem['refusalId']),
      page: isOurs ? `docs/errors/${code}.md` : undefined,
    });
  }
  return code === 'log_corrupt' ? Exit.notVerified : exitOfStatus(status);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function note(terminal: Terminal, message: string, more: Readonly<Record<string, string | undefined>>): void {
  const { notePalette } = terminal;
  const [first, ...rest] = printableLines(message);
  terminal.note([`${notePalette.red(first ?? '')}`, ...rest].join('\n'));
  for (const line of listLines(more, notePalette)) terminal.note(`  ${line}`);
}

const printableLines = (text: string): string[] => text.split('\n').map(printable);
