import type { Session } from '@intendant/intent-model';
import { Command } from 'commander';
import type { Invocation } from '../invocation.js';
import { jsonObject, readArgument } from '../payload.js';
import type { Runner } from '../runner.js';
import { listLines } from '../table.js';
import { UsageError } from '../usage-error.js';

export function sessionCommand(runner: Runner): Command {
  const command = new Command('session').description('open, show and close sessions');
  command
    .command('open')
    .description('open a session; commands without --session use it from then on')
    .option('--context <json>', 'context as a JSON object, @file or - for standard input')
    .action(
      runner(async (run, _args, { context }: { context?: string }) => {
        const given =
          context === undefined ? {} : jsonObject(await readArgument(context, 'the context'), 'the context');
        const session = await (await run.client()).openSession(given as Session['context']);
        const memory = await run.memory();
        const isKept = memory.rememberSession(session.sessionId);
        printSession(run, session);
        if (isKept) run.note(`kept for further commands in ${memory.file}`);
      }),
    );
  command
    .command('show')
    .argument('[session]', 'session id; the session in use unless told')
    .description('show a session')
    .action(
      runner(async (run, [given]) => printSession(run, await (await run.client()).getSession(await idOf(run, given)))),
    );
  command
    .command('close')
    .argument('[session]', 'session id; the session in use unless told')
    .description('close a session: it takes no more intents')
    .action(
      runner(async (run, [given]) => {
        const sessionId = await idOf(run, given);
        const session = await (await run.client()).closeSession(sessionId);
        const memory = await run.memory();
        if (memory.sessionId === sessionId) memory.rememberSession(undefined);
        printSession(run, session);
      }),
    );
  return command;
}

async function idOf(run: Invocation, given: string | undefined): Promise<string> {
  const sessionId = given ?? (await run.memory()).sessionId;
  if (sessionId === undefined)
    throw new UsageError('no session is in use', 'name one, or open one: intendant session open');
  return sessionId;
}

function printSession(run: Invocation, session: Session): void {
  const { sessionId, tenantId, userId, status, openedAt, closedAt, context } = session;
  run.print({
    json: session,
    ids: () => [sessionId],
    table: () =>
      listLines(
        {
          session: sessionId,
          status,
          for: `${userId} of ${tenantId}`,
          opened: openedAt,
          closed: closedAt,
          context: JSON.stringify(context),
        },
        run.palette,
      ),
  });
}
