import type { Command } from 'commander';
import { Exit } from './exit-codes.js';
import { reportFailure } from './failure-report.js';
import { type GlobalOptions, Invocation } from './invocation.js';
import type { Terminal } from './terminal.js';

/** What a command does, with the options of its own; its exit code is 0 unless it says another. */
export type Work<O> = (run: Invocation, args: string[], options: O) => Promise<Exit> | Promise<void>;

/** Makes an action of the command line out of the work of a command. */
export type Runner = <O>(work: Work<O>) => (...given: unknown[]) => Promise<void>;

export const runnerOf =
  (terminal: Terminal, env: NodeJS.ProcessEnv, onExit: (code: Exit) => void): Runner =>
  (work) =>
  async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<Parameters<typeof work>[2] & object>();
    const run = new Invocation(command.optsWithGlobals<GlobalOptions>(), terminal, env);
    try {
      const args = given
        .slice(0, -2)
        .flat()
        .filter((argument) => argument !== undefined) as string[];
      onExit((await work(run, args, options)) ?? Exit.ok);
    } catch (failure) {
      onExit(reportFailure(failure, terminal, run.format, env));
    } finally {
      await run.close();
    }
  };
