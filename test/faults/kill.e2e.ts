import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, typesOf, type User, until } from '../e2e/cluster.js';
import { closedGate, handled, startFaultyCluster, TENANT } from './faulty-cluster.js';

let cluster: Cluster;
let analyst: User;
let auditor: User;
let sessionId: string;

beforeAll(async () => {
  cluster = await startFaultyCluster();
  analyst = await cluster.user(TENANT, 'analyst', 'analyst');
  auditor = await cluster.user(TENANT, 'auditor', 'auditor');
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

/** Who waits for an execution when a drain begins is answered after so long. */
const WAITED_FOR_MS = 3_000;
const TERMINAL = ['execution.completed', 'execution.failed', 'execution.stuck'];

/** Submits under a key until something definite is answered, as a client does whose server comes and goes. */
async function submitPersistently(key: string, payload: object): Promise<string> {
  return until(`${key} is acknowledged`, async () => {
    const answer = await analyst.submit(sessionId, 'bench.echo', payload, { 'idempotency-key': key });
    if (answer.status !== 202) return undefined;
    return answer.body.executionId as string;
  });
}

/** Load from eight clients until told to stop; resolves with key and execution of everything acknowledged. */
function load(name: string): { stop(): Promise<ReadonlyMap<string, string>> } {
  const acknowledged = new Map<string, string>();
  let going = true;
  let count = 0;
  const client = async (): Promise<void> => {
    while (going) {
      count += 1;
      const key = `${name}-${count}`;
      acknowledged.set(key, await submitPersistently(key, { key, waitMs: key.endsWith('3') ? 40 : 0 }));
    }
  };
  const clients = Array.from({ length: 8 }, client);
  return {
    stop: async () => {
      going = false;
      await Promise.all(clients);
      return acknowledged;
    },
  };
}

async function expectAllSound(acknowledged: ReadonlyMap<string, string>): Promise<void> {
  expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
  const check = async ([key, executionId]: [string, string]): Promise<void> => {
    const settled = await analyst.settled(executionId);
    expect(settled).toMatchObject({ executionId, status: 'completed' });
    const records = await analyst.records(executionId);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_record, index) => index + 1));
    expect(typesOf(records).filter((type) => TERMINAL.includes(type))).toHaveLength(1);
    expect(
      records.filter(({ type }) => type === 'artifact.recorded').map(({ data }) => data.artifact.semanticPayload.key),
    ).toEqual([key]);
    const validation = await auditor.post(`/v1/executions/${executionId}/validate`);
    expect(validation.body).toMatchObject({ valid: true });
  };
  const all = [...acknowledged];
  for (let from = 0; from < all.length; from += 16) await Promise.all(all.slice(from, from + 16).map(check));
}

describe('kill -9 under load', () => {
  it.each(['runtime', 'bench', 'smart-city', 'curator', 'postgres'])(
    'of %s loses nothing that was acknowledged',
    async (name) => {
      const running = load(name);
      const before = await analyst.metric('intendant_intents_accepted_total');
      await until('load runs', async () =>
        (await analyst.metric('intendant_intents_accepted_total')) > before + 30 ? true : undefined,
      );
      await cluster.kill(name);
      const sinceMs = Date.now();
      await submitPersistently(`${name}-after`, { key: `${name}-after` });
      await until('load goes on', () => (Date.now() - sinceMs > 300 ? true : undefined));
      const acknowledged = await running.stop();
      expect(acknowledged.size).toBeGreaterThan(30);
      await expectAllSound(acknowledged);
      const ready = await until('ready again', async () =>
        (await analyst.get('/health/ready')).status === 200 ? true : undefined,
      );
      expect(ready).toBe(true);
    },
  );
});

describe('a Runtime that is killed', () => {
  it('between accept and settle finishes every accepted execution after its restart', async () => {
    const keys = Array.from({ length: 40 }, (_unused, index) => `settle-${index}`);
    const accepted = await Promise.all(
      keys.map(async (key) => [key, await submitPersistently(key, { key, waitMs: 600 })] as const),
    );
    await cluster.kill('runtime');
    await expectAllSound(new Map(accepted));
  });

  it('answers a key that was bound before with its execution', async () => {
    const payload = { key: 'again' };
    const first = await submitPersistently('again', payload);
    await cluster.kill('runtime');
    const again = await analyst.submit(sessionId, 'bench.echo', payload, { 'idempotency-key': 'again' });
    expect(again).toMatchObject({
      status: 202,
      headers: { 'idempotent-replayed': 'true' },
      body: { executionId: first },
    });
    const other = await analyst.submit(sessionId, 'bench.echo', { key: 'other' }, { 'idempotency-key': 'again' });
    expect(other.status).toBe(422);
  });

  it('while an execution waits for its retry goes on with the timer that was set', async () => {
    const { executionId } = (await analyst.submit(sessionId, 'bench.flaky_slow', {})).body;
    const waiting = await until('the retry is scheduled', async () => {
      const records = await analyst.records(executionId);
      return records.find((record) => record.type === 'timer.set');
    });
    await cluster.kill('runtime');
    const settled = await analyst.settled(executionId);
    expect(settled).toMatchObject({ status: 'completed', steps: [{ attempts: 3 }] });
    const records = await analyst.records(executionId);
    const fired = records.find((record) => record.type === 'timer.fired') as unknown as {
      occurredAt: string;
      data: { timerId: string };
    };
    expect(fired.data.timerId).toBe(waiting.data.timerId);
    expect(Date.parse(fired.occurredAt)).toBeGreaterThanOrEqual(Date.parse(waiting.data.dueAt));
    expect(handled(cluster, executionId).map(({ logicalAttempt }) => logicalAttempt)).toEqual([1, 2, 3]);
    expect((await auditor.post(`/v1/executions/${executionId}/validate`)).body.valid).toBe(true);
  });
});

describe('SIGTERM', () => {
  it('answers who waits, keeps nobody waiting for long, ends with 0, and the next process goes on', async () => {
    const unused = connect(Number(new URL(cluster.lab.url).port), '127.0.0.1');
    const [openShort, openLong] = [closedGate(cluster, 'short'), closedGate(cluster, 'long')];
    const answered = async (gate: string) => {
      const answer = await analyst.run(sessionId, 'bench.echo', { gate });
      return { ...answer, atMs: Date.now() };
    };
    const short = Array.from({ length: 20 }, () => answered('short'));
    const long = answered('long');
    await until('all wait', async () => ((await analyst.metric('intendant_calls_in_flight')) >= 21 ? true : undefined));
    const pid = cluster.pidOf('runtime');
    const next = cluster.lab.restartOf('runtime', pid);
    const sinceMs = Date.now();
    process.kill(pid, 'SIGTERM');
    openShort();
    // nobody is sent away before his time; that is over for everybody when a machine stands still for as long
    for (const { status, body, atMs } of await Promise.all(short))
      if (atMs - sinceMs < WAITED_FOR_MS) expect([status, body.status]).toEqual([200, 'completed']);
      else expect(['200 completed', '202 running']).toContain(`${status} ${body.status}`);
    const cutShort = await long;
    expect(cutShort).toMatchObject({ status: 202, body: { status: 'running', result: null } });
    openLong();
    await next;
    unused.destroy();
    expect(cluster.lines.some((line) => line.includes('(exit code 0)'))).toBe(true);
    expect(cluster.lines.some((line) => line.includes('drain took too long'))).toBe(false);
    expect(await analyst.settled(cutShort.body.executionId)).toMatchObject({ status: 'completed' });
    expect(handled(cluster, cutShort.body.executionId)).toHaveLength(1);
  });
});
