import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intendant } from '../../apps/cli/test/command.js';
import { startFaultyCluster, TENANT } from '../faults/faulty-cluster.js';
import { type Cluster, type EventRecord, until } from './cluster.js';

let root: string;
const started: Cluster[] = [];
/** What was done before the log was archived. */
let before: { readonly sessionId: string; readonly executionId: string; readonly records: readonly EventRecord[] };
/** Where the lab keeps its database, too. */
let dataDir: string;

async function startIn(directory: string): Promise<Cluster> {
  const cluster = await startFaultyCluster({ dataDir: directory });
  started.push(cluster);
  return cluster;
}
const analystOf = (running: Cluster) => running.user(TENANT, 'analyst', 'analyst');
const archive = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await intendant([...args, '--archive', join(root, 'archive')]);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'intendant-restored-'));
  dataDir = join(root, 'data');
  const cluster = await startIn(dataDir);
  const analyst = await analystOf(cluster);
  const sessionId = await analyst.session();
  const { executionId } = (await analyst.run(sessionId, 'bench.echo', { text: 'archived' }, KEY)).body;
  before = { sessionId, executionId, records: await analyst.records(executionId) };
  await cluster.lab.stop();
  await archive('--data-dir', dataDir, 'archive', 'run');
});
afterAll(async () => {
  for (const one of started) await one.lab.destroy();
  rmSync(root, { recursive: true, force: true });
});

const KEY = { 'idempotency-key': 'before-the-archive' };

/** What was archived is answered as before, and new work follows it; lists show both. */
async function goesOn(running: Cluster): Promise<void> {
  const analyst = await analystOf(running);
  const { sessionId, executionId, records } = before;
  expect(records.map(({ type }) => type)).toContain('execution.completed');
  expect(await analyst.records(executionId)).toEqual(records);
  expect((await analyst.get(`/v1/executions/${executionId}`)).body.status).toBe('completed');
  const again = await analyst.run(sessionId, 'bench.echo', { text: 'archived' }, KEY);
  expect(again.body.executionId).toBe(executionId);
  const next = await analyst.run(sessionId, 'bench.echo', { text: 'afterwards' });
  expect(next.body.status).toBe('completed');
  await until('lists show both', async () => {
    const { executions } = (await analyst.get('/v1/executions?limit=100')).body;
    const ids = executions.map((one: { executionId: string }) => one.executionId);
    return ids.includes(executionId) && ids.includes(next.body.executionId) ? true : undefined;
  });
}

/** The verified file is the one that the Runtime wrote on. */
async function verifies(directory: string): Promise<number> {
  const { code, stdout } = await intendant(['--data-dir', directory, 'verify', '-o', 'json']);
  const report = JSON.parse(stdout);
  expect([code, report.file]).toEqual([0, join(directory, 'log', 'log.db')]);
  return report.entries;
}

describe('a log restored from its archive', () => {
  it.each([
    ['where it was, beside the database that knew it', () => dataDir],
    ['elsewhere, beside a new database', () => join(root, 'elsewhere')],
  ])('%s, is what a Runtime goes on with', async (_where, directoryOf) => {
    const to = directoryOf();
    if (existsSync(join(to, 'log'))) renameSync(join(to, 'log'), join(root, 'lost-log'));
    const { entries } = JSON.parse(await archive('archive', 'restore', '--to', to, '-o', 'json'));
    expect(await verifies(to)).toBe(entries);
    const cluster = await startIn(to);
    await goesOn(cluster);
    await cluster.lab.stop();
    expect(await verifies(to)).toBeGreaterThan(entries);
  });
});
