import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = import.meta.dirname;
const NODE = [
  process.execPath,
  '--no-warnings',
  '--conditions=@intendant/source',
  '--import',
  fileURLToPath(new URL('./typescript-hooks.mjs', import.meta.url)),
  join(HERE, 'writer.ts'),
];

/** A child process that runs `writer.ts`, and the lines it says. */
export class WriterProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #errors = '';
  #onLine: () => void = () => undefined;

  /** `fileKilobytes` bounds every file it writes, as a full disk does. */
  constructor(directory: string, run: number, fileKilobytes?: number) {
    const limit = fileKilobytes === undefined ? '' : `trap '' XFSZ; ulimit -f ${fileKilobytes}; `;
    const command = `${limit}exec "$@"`;
    this.#child = spawn('bash', ['-c', command, 'writer', ...NODE, directory, String(run)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += String(chunk);
    });
    const reader = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    reader.on('line', (line) => {
      this.lines.push(line);
      this.#onLine();
    });
    this.#ended = Promise.all([once(this.#child, 'exit'), once(reader, 'close')]);
  }

  /** Kills the process as soon as it has said `count` lines, and resolves when nothing of it is left. */
  async killAfter(count: number): Promise<readonly string[]> {
    this.#onLine = () => {
      if (this.lines.length >= count) this.#child.kill('SIGKILL');
    };
    this.#onLine();
    return this.end();
  }

  async end(): Promise<readonly string[]> {
    await this.#ended;
    if (this.lines.length === 0) throw new Error(`the writer said nothing: ${this.#errors}`);
    return this.lines;
  }

  async ready(): Promise<void> {
    if (this.lines.length > 0) return;
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#onLine = resolve;
      }),
      this.#ended,
    ]);
    if (this.lines.length === 0) throw new Error(`the writer said nothing: ${this.#errors}`);
  }
}

/** What the lines acknowledge: the highest seq of each stream. */
export function acknowledged(lines: readonly string[]): Map<string, number> {
  const seqs = new Map<string, number>();
  for (const line of lines) {
    const [word, streamId, seq] = line.split(' ');
    if (word === 'acknowledged' && streamId !== undefined)
      seqs.set(streamId, Math.max(seqs.get(streamId) ?? 0, Number(seq)));
  }
  return seqs;
}
