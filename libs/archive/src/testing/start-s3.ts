import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from '@jest/globals';
import { AwsClient } from 'aws4fetch';
import type { S3Settings } from '../s3-store.js';

const READY_WITHIN_MS = 120_000;
const TRY_EVERY_MS = 50;

/** A server that runs already is used instead of one of our own; its keys are `accessKeyId:secretAccessKey`. */
const {
  INTENDANT_TEST_S3_ENDPOINT: given,
  INTENDANT_TEST_S3_KEYS: keys = 'testing:testing',
  INTENDANT_TEST_S3_PROGRAM: program = 'gofakes3',
} = process.env;

/**
 * A suite that needs a server with the S3 API: `gofakes3` on the path or where `INTENDANT_TEST_S3_PROGRAM` says, or the one
 * at `INTENDANT_TEST_S3_ENDPOINT`. It is skipped, and says so, where there is neither; on CI that is an error.
 */
export const describeWithS3: (name: string, suite: () => void) => void = isThere() ? describe : describe.skip;

function isThere(): boolean {
  if (given !== undefined || spawnSync(program, ['-h']).error === undefined) return true;
  if (!['', '0', 'false'].includes(process.env['CI'] ?? '')) throw new Error(`${program} is not installed`);
  console.warn(`tests on the S3 API are skipped: ${program} is not installed`);
  return false;
}

export interface RunningS3 {
  readonly settings: S3Settings;
  stop(): Promise<void>;
}

/** Starts the server and makes an empty bucket. */
export async function startS3(bucket: string): Promise<RunningS3> {
  const port = given === undefined ? await freePort() : 0;
  const child =
    given === undefined
      ? spawn(program, ['-backend', 'memory', '-host', `127.0.0.1:${port}`], { stdio: 'ignore' })
      : null;
  const [accessKeyId = '', secretAccessKey = ''] = keys.split(':');
  const endpoint = given ?? `http://127.0.0.1:${port}`;
  const settings = { endpoint, bucket, region: 'us-east-1', accessKeyId, secretAccessKey };
  const stop = () => ended(child);
  try {
    await makeBucket(settings, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { settings, stop };
}

async function makeBucket(settings: S3Settings, child: ChildProcess | null): Promise<void> {
  const client = new AwsClient({ ...settings, service: 's3', retries: 0 });
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await client
      .fetch(`${settings.endpoint}/${settings.bucket}`, { method: 'PUT' })
      .catch((error: Error) => error);
    if (!(response instanceof Error) && response.ok) return;
    if (Date.now() > deadline || (child !== null && child.exitCode !== null))
      throw new Error(`no bucket at ${settings.endpoint}: ${response instanceof Error ? response : response.status}`);
    await delay(TRY_EVERY_MS);
  }
}

async function ended(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
