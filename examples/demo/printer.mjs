import { StableNames } from './stable-names.mjs';

const WIDTH = 118;

/** Prints for people and, with `golden`, the same text at every run. */
export class Printer {
  #names = new StableNames();

  /**
   * @param {boolean} golden
   * @param {NodeJS.ProcessEnv} env
   */
  constructor(golden, env) {
    this.golden = golden;
    const wantsColour = process.stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
    this.coloured = !golden && (wantsColour || (env.FORCE_COLOR ?? '0') !== '0');
    process.stdout.on('error', () => process.exit(process.exitCode ?? 1));
  }

  line(text = '') {
    process.stdout.write(`${this.#names.of(text)}\n`.replace(/ +\n$/, '\n'));
  }

  title(text) {
    this.line();
    this.line(this.#paint('1', text));
  }

  /** One labelled line, cut at the width of a wide terminal. */
  entry(label, text) {
    const line = this.#names.of(`  ${label.padEnd(10)} ${text}`);
    this.line(line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line);
  }

  /** Which id a name stands for, so that it can be looked at afterwards; not in the golden text. */
  legend(id) {
    if (!this.golden) process.stdout.write(`  ${'id'.padEnd(10)} ${this.#paint('2', id)}\n`);
  }

  duration(ms) {
    return this.golden ? '+ms' : `+${ms} ms`;
  }

  good(text) {
    return this.#paint('32', text);
  }

  bad(text) {
    return this.#paint('31', text);
  }

  failure(text) {
    this.line(this.bad(text));
  }

  #paint(code, text) {
    return this.coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
