import { CommanderError } from 'commander';
import { Exit } from './exit-codes.js';
import { reportFailure } from './failure-report.js';
import { programOf } from './program.js';
import { runnerOf } from './runner.js';
import { systemTerminal } from './terminal.js';

const terminal = systemTerminal(process.env);
const program = programOf(
  runnerOf(terminal, process.env, (code) => {
    process.exitCode = code;
  }),
);

try {
  await program.parseAsync(process.argv);
} catch (failure) {
  // Commander has printed what it has to say; help that was asked for is no failure.
  if (failure instanceof CommanderError) process.exitCode = failure.exitCode === 0 ? Exit.ok : Exit.usage;
  else process.exitCode = reportFailure(failure, terminal, 'table', process.env);
}
