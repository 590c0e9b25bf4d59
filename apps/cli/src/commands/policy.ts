import { Command } from 'commander';
import { jsonObject, readArgument } from '../payload.js';
import type { Runner } from '../runner.js';
import { type Cell, listLines } from '../table.js';

export function policyCommand(runner: Runner): Command {
  const command = new Command('policy').description('publish policies');
  command
    .command('publish')
    .argument('<file>', 'policy bundle as JSON, or - for standard input')
    .description('publish a new revision of a tenant’s policy; it is in force at once')
    .action(
      runner(async (run, [file = '']) => {
        const text = await readArgument(file === '-' ? file : `@${file}`, 'the bundle');
        const reply = await (await run.client()).publishPolicy(jsonObject(text, 'the bundle'));
        run.print({
          json: reply,
          ids: () => [String(reply.revision)],
          table: () => listLines(membersOf(reply), run.palette),
        });
      }),
    );
  return command;
}

const membersOf = (reply: object): Record<string, Cell> =>
  Object.fromEntries(
    Object.entries(reply)
      .filter(([, value]) => value !== null && typeof value !== 'object')
      .map(([name, value]) => [name, String(value)]),
  );
