import type pico from 'picocolors';

type Colors = ReturnType<typeof pico.createColors>;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** One log entry, whoever wrote it. */
export interface LogEntry {
  at: Date;
  level: LogLevel;
  message: string;
  fields: Record<string, unknown>;
}

/** Known from elsewhere on the line, or of no use to its reader. */
const LEFT_OUT = new Set(['level', 'time', 'msg', 'message', 'pid', 'hostname', 'name', 'service', 'v']);

const levelOf = (level: unknown): LogLevel => {
  if (typeof level === 'string' && ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].includes(level)) {
    return level as LogLevel;
  }
  const rank = typeof level === 'number' ? level : 30;
  if (rank >= 60) return 'fatal';
  if (rank >= 50) return 'error';
  if (rank >= 40) return 'warn';
  if (rank >= 30) return 'info';
  return rank >= 20 ? 'debug' : 'trace';
};

/** Reads one line of a process: a pino entry, or undefined for anything else. */
export function parseLogLine(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    if (entry.level === undefined || entry.time === undefined) return undefined;
    const at = new Date(entry.time as string | number);
    if (Number.isNaN(at.getTime())) return undefined;
    const fields = Object.fromEntries(Object.entries(entry).filter(([key]) => !LEFT_OUT.has(key)));
    return { at, level: levelOf(entry.level), message: textOf(entry.msg ?? entry.message ?? ''), fields };
  } catch {
    return undefined;
  }
}

/** `HH:MM:SS.mmm LEVEL message key=value…`; an error's stack follows on lines of its own. */
export function renderLogEntry({ at, level, message, fields }: LogEntry, colors: Colors): string[] {
  const { err, ...plain } = fields;
  const pairs = Object.entries(plain).map(
    ([key, value]) => colors.dim(`${printable(key)}=`) + printable(valueText(value)),
  );
  const error = errorLines(err);
  const [text = '', ...more] = [...message.split('\n'), ...error].map(printable);
  const head = [colors.dim(clock(at)), coloured(level, colors), text, ...pairs].filter((part) => part !== '');
  return [head.join(' '), ...more.map((line) => colors.dim(`  ${line}`))];
}

function errorLines(err: unknown): string[] {
  if (err === undefined || err === null) return [];
  const { stack, message } = err as { stack?: unknown; message?: unknown };
  return textOf(stack ?? message ?? err).split('\n');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function valueText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? 'undefined';
}

/** What a process logs may come from outside: control characters must not reach the terminal as commands. */
export const printable = (text: string): string =>
  text.replace(/(?!\t)\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

function clock(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

function coloured(level: LogLevel, colors: Colors): string {
  const text = level.toUpperCase().padEnd(5);
  if (level === 'fatal' || level === 'error') return colors.red(text);
  if (level === 'warn') return colors.yellow(text);
  return level === 'info' ? colors.green(text) : colors.dim(text);
}
