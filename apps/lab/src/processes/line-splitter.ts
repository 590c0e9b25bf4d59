import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A process that never ends its line is cut here rather than kept in memory. */
const LINE_LENGTH_MAX = 1_000_000;

/** Calls back for every line of a stream, the unfinished last one included. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (rest.length > LINE_LENGTH_MAX) {
      onLine(rest);
      rest = '';
    }
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on('close', () => {
    take(decoder.end());
    if (rest !== '') onLine(rest);
    rest = '';
  });
  stream.on('error', () => undefined); // the process's end is reported by its exit
}
