import { Command, Option } from 'commander';
import { archiveCommand } from './commands/archive.js';
import { auditCommand } from './commands/audit.js';
import { dataCommand } from './commands/data.js';
import { listCommand } from './commands/list.js';
import { metricsCommand } from './commands/metrics.js';
import { outboxCommand } from './commands/outbox.js';
import { policyCommand } from './commands/policy.js';
import { readModelCommand } from './commands/read-model.js';
import { replayCommand } from './commands/replay.js';
import { resultCommand } from './commands/result.js';
import { sagaCommand } from './commands/saga.js';
import { sessionCommand } from './commands/session.js';
import { showCommand } from './commands/show.js';
import { signalCommand, signalShortcuts } from './commands/signal.js';
import { stuckCommand } from './commands/stuck.js';
import { submitCommand } from './commands/submit.js';
import { tokenCommand } from './commands/token.js';
import { traceCommand } from './commands/trace.js';
import { validateCommand } from './commands/validate.js';
import { verifyCommand } from './commands/verify.js';
import { seconds } from './duration.js';
import { EXIT_CODE_HELP } from './exit-codes.js';
import { DEFAULT_URL, FORMATS } from './invocation.js';
import type { Runner } from './runner.js';

const commands = [
  tokenCommand,
  sessionCommand,
  submitCommand,
  validateCommand,
  listCommand,
  showCommand,
  traceCommand,
  resultCommand,
  sagaCommand,
  stuckCommand,
  signalCommand,
  ...signalShortcuts,
  replayCommand,
  auditCommand,
  dataCommand,
  verifyCommand,
  archiveCommand,
  policyCommand,
  outboxCommand,
  metricsCommand,
  readModelCommand,
];

/** The whole command line; ends by throwing `CommanderError`, never the process. */
export function programOf(runner: Runner): Command {
  const program = new Command('intendant')
    .description('Submit intents, see what came of them and why, replay and verify it.')
    .option('--url <url>', `where the Runtime answers (INTENDANT_URL; ${DEFAULT_URL} unless told)`)
    .option('--token <token>', 'bearer token (INTENDANT_TOKEN)')
    .option('--as <tenant/user/role,…>', 'act as this user, with a token of the lab in the data directory')
    .option('--data-dir <directory>', 'where `npm start` keeps its state (INTENDANT_DATA_DIR)')
    .addOption(new Option('-o, --output <format>', 'how to print the answer').choices(FORMATS).default('table'))
    .option('--retry-for <duration>', 'how long to repeat what may work later', seconds, 3)
    .addHelpText('after', EXIT_CODE_HELP);
  for (const commandOf of commands) program.addCommand(commandOf(runner));
  return throwing(program);
}

/** Inherited settings reach only commands that commander itself makes. */
function throwing(command: Command): Command {
  command.exitOverride().showHelpAfterError('(--help shows what there is)');
  for (const inner of command.commands) throwing(inner as Command);
  return command;
}
