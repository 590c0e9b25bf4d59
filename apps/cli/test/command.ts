import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/intendant.mjs', import.meta.url));

/** What is built when the tests begin is what they run. */
const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  INTENDANT_SKIP_BUILD: '1',
  ...more,
});

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Begins `intendant …`, with nothing of the user's environment. */
export const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [bin, ...args], { env: environment(env) });

/** The same to its end. */
export const intendant = (
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input: string | Buffer = '',
): Promise<Ended> => ended(start(args, env), input);

/** Runs a line in a shell, with `intendant` in it. */
export function shell(line: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const script = `intendant() { "${process.execPath}" "${bin}" "$@"; }; ${line}`;
  return ended(
    spawn('bash', ['--norc', '-o', 'pipefail', '-c', script], { env: { PATH: process.env['PATH'], ...env } }),
    '',
  );
}

async function ended(child: ChildProcessWithoutNullStreams, input: string | Buffer): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdin.on('error', () => undefined).end(input);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code: code ?? signal, ...output };
}
