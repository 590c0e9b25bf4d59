import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { LogPrinter } from './log-printer.js';
import { Terminal } from './terminal.js';

const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();

function printed(line: string, coloured = false): string[] {
  const lines: string[] = [];
  const printer = new LogPrinter({ line: (text) => lines.push(text), coloured }, ['runtime', 'smart-city']);
  printer.output('runtime', line);
  return lines;
}

describe('LogPrinter', () => {
  it('renders a pino entry as time, level, message and fields, after the name of its process', () => {
    const entry = { level: 40, time: at, pid: 7, hostname: 'h', msg: 'slow append', partition: 3, path: 'a b' };
    expect(printed(JSON.stringify(entry))).toEqual([
      'runtime    │ 03:04:05.006 WARN  slow append partition=3 path="a b"',
    ]);
  });

  it('takes levels and times as words too', () => {
    const entry = { level: 'error', time: new Date(at).toISOString(), msg: 'no' };
    expect(printed(JSON.stringify(entry))).toEqual(['runtime    │ 03:04:05.006 ERROR no']);
  });

  it('puts an error’s stack on lines of its own', () => {
    const entry = {
      level: 50,
      time: at,
      msg: 'failed',
      err: { type: 'Error', message: 'x', stack: 'Error: x\n  at y' },
    };
    expect(printed(JSON.stringify(entry))).toEqual([
      'runtime    │ 03:04:05.006 ERROR failed',
      'runtime    │   Error: x',
      'runtime    │     at y',
    ]);
  });

  it.each(['plain text', '{"not":"a log entry"}', '{ broken', ''])('passes %j through', (line) => {
    expect(printed(line)).toEqual([`runtime    │ ${line}`]);
  });

  it.each([
    [
      'a message and a field',
      JSON.stringify({ level: 30, time: at, msg: 'user \u001b[2Jeve', name2: '\u001b]0;x\u0007' }),
    ],
    ['a line that is no entry', 'Error: cannot parse \u001b]0;owned\u0007\u009b2J'],
    // JSON leaves those above U+007F as they are
    ['a field inside of another', JSON.stringify({ level: 50, time: at, msg: '', x: { a: '\u009b2J' } })],
    ['a field with spaces', JSON.stringify({ level: 50, time: at, msg: '', x: 'a \u009b2J' })],
    ['the name of a field', JSON.stringify({ level: 50, time: at, msg: '', '\u001b[2J': 1 })],
  ])('lets no control character of %s reach the terminal', (_what, line) => {
    expect(printed(line).join('')).not.toMatch(/\p{Cc}/u);
  });

  it('gives each process a colour of its own', () => {
    expect(printed('x', true)[0]?.startsWith('\u001b[36mruntime')).toBe(true);
  });
});

describe('Terminal', () => {
  const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });

  it('uses colours on a terminal only, and not when NO_COLOR is set', () => {
    expect(new Terminal(stream(true), {}).coloured).toBe(true);
    expect(new Terminal(stream(false), {}).coloured).toBe(false);
    expect(new Terminal(stream(true), { NO_COLOR: '1' }).coloured).toBe(false);
    expect(new Terminal(stream(false), { FORCE_COLOR: '1' }).coloured).toBe(true);
  });

  it('goes silent when its reader has gone away', () => {
    const output = stream(false);
    const terminal = new Terminal(output, {});
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    terminal.line('nobody reads this');
    expect(output.read()).toBeNull();
  });
});
