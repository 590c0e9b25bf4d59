import pico from 'picocolors';
import { type LogLevel, parseLogLine, printable, renderLogEntry } from './log-line.js';

type Colors = ReturnType<typeof pico.createColors>;

/** Where finished lines go. */
export interface LineSink {
  line(text: string): void;
  readonly coloured: boolean;
}

const palette = ['cyan', 'magenta', 'green', 'yellow', 'blue', 'cyanBright', 'magentaBright', 'greenBright'] as const;

/** Prints the log of many processes, each line with the coloured name of its process. */
export class LogPrinter {
  readonly #colors: Colors;
  readonly #prefixes = new Map<string, string>();
  readonly #width: number;

  constructor(
    private readonly sink: LineSink,
    names: readonly string[],
  ) {
    this.#colors = pico.createColors(sink.coloured);
    this.#width = Math.max(...names.map((name) => name.length));
    for (const [index, name] of names.entries()) this.#prefixes.set(name, this.#prefix(name, index));
  }

  /** A line a process wrote: pino's JSON made readable, anything else as it is but for control characters. */
  output(name: string, line: string): void {
    const entry = parseLogLine(line);
    for (const text of entry ? renderLogEntry(entry, this.#colors) : [printable(line)]) this.#print(name, text);
  }

  /** A line of the launcher's own about a process, or about itself. */
  notice(name: string, message: string, level: LogLevel = 'info'): void {
    for (const text of renderLogEntry({ at: new Date(), level, message, fields: {} }, this.#colors)) {
      this.#print(name, text);
    }
  }

  #print(name: string, text: string): void {
    this.sink.line(`${this.#prefixes.get(name) ?? this.#prefix(name, 0)} ${text}`);
  }

  #prefix(name: string, index: number): string {
    const colour = palette[index % palette.length] as (typeof palette)[number];
    return this.#colors[colour](`${name.padEnd(this.#width)} │`);
  }
}
