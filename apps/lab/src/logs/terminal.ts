import type { Writable } from 'node:stream';
import type { LineSink } from './log-printer.js';

/** A stream for people. When its reader goes away, the lab runs on in silence rather than die. */
export class Terminal implements LineSink {
  readonly coloured: boolean;
  #readerGone = false;

  constructor(
    private readonly stream: Writable & { isTTY?: boolean },
    env: NodeJS.ProcessEnv,
  ) {
    this.coloured = wantsColour(stream.isTTY === true, env);
    stream.on('error', () => {
      this.#readerGone = true;
    });
  }

  line(text: string): void {
    if (!this.#readerGone) this.stream.write(`${text}\n`);
  }
}

/** https://no-color.org: NO_COLOR wins; FORCE_COLOR helps where the output is no terminal but is shown in one. */
function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}
