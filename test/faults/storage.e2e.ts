import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE, verifyLog } from '@intendant/wal-sqlite';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type Cluster, type User, until } from '../e2e/cluster.js';
import { startFaultyCluster, TENANT } from './faulty-cluster.js';

const TERABYTES = 2 ** 52;

let cluster: Cluster | undefined;
afterAll(async () => cluster?.lab.destroy());

interface Kept {
  readonly sessionId: string;
  readonly sound: string;
  readonly flipped: string;
}

const users = async (from: Cluster): Promise<{ analyst: User; auditor: User }> => ({
  analyst: await from.user(TENANT, 'analyst', 'analyst'),
  auditor: await from.user(TENANT, 'auditor', 'auditor'),
});

/** Runs two intents, stops, changes one letter of the second in the file, and starts again as `options` say. */
async function keptOnDisk(): Promise<Kept> {
  cluster = await startFaultyCluster();
  const { analyst } = await users(cluster);
  const sessionId = await analyst.session();
  const sound = await analyst.run(sessionId, 'bench.echo', { text: 'left alone' });
  const flipped = await analyst.run(sessionId, 'bench.echo', { text: 'tampered' });
  await cluster.lab.stop();
  return { sessionId, sound: sound.body.executionId, flipped: flipped.body.executionId };
}

function flipByte(file: string, marker: string): void {
  const at = readFileSync(file).lastIndexOf(marker);
  expect(at).toBeGreaterThan(0);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, 'T', at);
  closeSync(descriptor);
}

describe('what is on disk', () => {
  it('below the floor new work is refused, nothing is lost, reads go on; a flipped byte is found and named', async () => {
    const kept = await keptOnDisk();
    const { dataDir } = (cluster as Cluster).lab;
    const logDirectory = join(dataDir, 'log');
    expect(await verifyLog(logDirectory, { pages: 'full' })).toMatchObject({ ok: true });

    cluster = await startFaultyCluster({ dataDir, env: { INTENDANT_FREE_SPACE_FLOOR_BYTES: String(TERABYTES) } });
    await expectFull(cluster, kept);
    await cluster.lab.stop();

    flipByte(join(logDirectory, LOG_FILE), 'tampered');
    const report = await verifyLog(logDirectory);
    expect(report).toMatchObject({ ok: false, findingCount: 1 });
    expect(report.findings[0]?.place).toContain(`stream ${kept.flipped} seq `);
    cluster = await startFaultyCluster({ dataDir });
    await expectNamed(cluster, kept);
  });
});

async function expectFull(full: Cluster, { sessionId, sound }: Kept): Promise<void> {
  const { analyst, auditor } = await users(full);
  const body = { sessionId, intentType: 'bench.echo', payload: {} };
  for (const refused of [
    await analyst.post('/v1/intents', body),
    await analyst.post('/v1/sessions', {}),
    await analyst.post('/v1/content', 'x'),
  ]) {
    expect(refused).toMatchObject({ status: 503, body: { code: 'storage_low', retry: 'later' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  }
  expect((await analyst.get(`/v1/executions/${sound}/result`)).body).toMatchObject({ status: 'completed' });
  await until('both are listed', async () => {
    const { executions } = (await analyst.get(`/v1/executions?waitFor=${sound}`)).body;
    return executions.length === 2 ? true : undefined;
  });
  expect((await auditor.post(`/v1/executions/${sound}/validate`)).body.valid).toBe(true);
  const ready = await analyst.get('/health/ready');
  expect(ready).toMatchObject({
    status: 503,
    body: { status: 'not_ready', reasons: ['free space is below the floor'] },
  });
}

async function expectNamed(tampered: Cluster, { sessionId, sound, flipped }: Kept): Promise<void> {
  const { analyst, auditor } = await users(tampered);
  const read = await analyst.get(`/v1/executions/${flipped}`);
  expect(read).toMatchObject({ status: 500, body: { code: 'log_corrupt', detail: expect.stringContaining(flipped) } });
  const validation = await auditor.post(`/v1/executions/${flipped}/validate`);
  expect(validation).toMatchObject({ status: 200, body: { valid: false } });
  expect(JSON.stringify(validation.body.checks)).toContain(flipped);
  const session = await auditor.post(`/v1/sessions/${sessionId}/replay`, { mode: 'events_only' });
  expect(session.body.findings.join()).toContain(flipped);
  expect((await auditor.post(`/v1/executions/${sound}/validate`)).body.valid).toBe(true);
  expect((await analyst.run(sessionId, 'bench.echo', { after: true })).body.status).toBe('completed');
}
