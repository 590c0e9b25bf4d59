import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { type Cluster, type User, until } from '../e2e/cluster.js';
import { closedGate, startFaultyCluster, TENANT } from './faulty-cluster.js';

let cluster: Cluster;
let analyst: User;
let sessionId: string;

beforeAll(async () => {
  cluster = await startFaultyCluster();
  analyst = await cluster.user(TENANT, 'analyst', 'analyst');
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

interface Streamed {
  readonly id: number;
  readonly event: string;
  readonly seq: number;
}

/** Reads server-sent events until the server ends the stream, or until `cutAfter` says so after an event. */
async function read(
  executionId: string,
  after: number | null,
  cutAfter: (one: Streamed) => boolean = () => false,
): Promise<Streamed[]> {
  const abort = new AbortController();
  const { statusCode, headers, body } = await request(`${analyst.url}/v1/executions/${executionId}/events`, {
    headers: {
      authorization: `Bearer ${analyst.token}`,
      accept: 'text/event-stream',
      ...(after === null ? {} : { 'last-event-id': String(after) }),
    },
    signal: abort.signal,
  });
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/event-stream']);
  const seen: Streamed[] = [];
  let rest = '';
  try {
    for await (const chunk of body) {
      const blocks = (rest + String(chunk)).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const one = streamed(block);
        if (one === null) continue;
        seen.push(one);
        if (cutAfter(one)) abort.abort();
        if (abort.signal.aborted) return seen;
      }
    }
  } catch (error) {
    if (!abort.signal.aborted && !isLost(error)) throw error;
  }
  return seen;
}

const isLost = (error: unknown): boolean =>
  ['UND_ERR_SOCKET', 'ECONNRESET'].includes(String((error as { code?: string }).code));

function streamed(block: string): Streamed | null {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const [id, event, data] = [field('id'), field('event'), field('data')];
  return id === undefined || data === undefined
    ? null
    : { id: Number(id), event: event as string, seq: JSON.parse(data).seq };
}

function expectWhole(all: readonly Streamed[], types: readonly string[]): void {
  expect(all.map(({ id }) => id)).toEqual(all.map((_one, index) => index + 1));
  expect(all.map(({ seq }) => seq)).toEqual(all.map(({ id }) => id));
  expect(all.map(({ event }) => event)).toEqual(types);
}

const typesOf = async (executionId: string): Promise<string[]> =>
  (await analyst.records(executionId)).map(({ type }) => type);
/** A stream of an execution that rests behind a gate; resolves when everything before that was streamed. */
async function begun(executionId: string): Promise<{ readonly ended: Promise<Streamed[]> }> {
  let reached = 0;
  const ended = read(executionId, null, ({ id }) => {
    reached = id;
    return false;
  });
  const last = (await analyst.records(executionId)).length;
  expect(last).toBeGreaterThanOrEqual(6);
  await until('the stream has begun', () => (reached >= last ? true : undefined));
  return { ended };
}
const start = async (payload: object): Promise<string> =>
  (await analyst.submit(sessionId, 'bench.echo', payload)).body.executionId;

describe('server-sent events', () => {
  it('every record with its seq as id, live, up to the terminal one', async () => {
    const open = closedGate(cluster, 'live');
    const executionId = await start({ gate: 'live' });
    const { ended } = await begun(executionId);
    open();
    const all = await ended;
    expectWhole(all, await typesOf(executionId));
    expect(all.at(-1)?.event).toBe('execution.completed');
    expectWhole(await read(executionId, null), await typesOf(executionId));
  });

  it('resumed anywhere by Last-Event-ID: no gap, no duplicate', async () => {
    const executionId = await start({ waitMs: 400 });
    const seen: Streamed[] = [];
    while (seen.at(-1)?.event !== 'execution.completed') {
      const last = seen.at(-1)?.id ?? null;
      seen.push(...(await read(executionId, last, (one) => one.id === (last ?? 0) + 3)));
    }
    expectWhole(seen, await typesOf(executionId));
    expect(await read(executionId, seen.at(-1)?.id ?? null)).toEqual([]);
  });

  it('over a kill of the Runtime', async () => {
    const open = closedGate(cluster, 'killed');
    const executionId = await start({ gate: 'killed' });
    const { ended } = await begun(executionId);
    await cluster.kill('runtime');
    const seen = await ended;
    open();
    const rest = await read(executionId, seen.at(-1)?.id ?? null);
    expectWhole([...seen, ...rest], await typesOf(executionId));
    expect(rest.at(-1)?.event).toBe('execution.completed');
  });

  it('ends with a drain, so that the client resumes at the next process', async () => {
    const open = closedGate(cluster, 'drained');
    const executionId = await start({ gate: 'drained' });
    const { ended } = await begun(executionId);
    const pid = cluster.pidOf('runtime');
    const next = cluster.lab.restartOf('runtime', pid);
    process.kill(pid, 'SIGTERM');
    const seen = await ended;
    open();
    await next;
    expectWhole([...seen, ...(await read(executionId, seen.at(-1)?.id ?? null))], await typesOf(executionId));
  });

  it('as pages of JSON', async () => {
    const executionId = await start({});
    await analyst.settled(executionId);
    const seen: number[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const { body }: { body: { records: { seq: number }[]; nextAfter: number | null } } = await analyst.get(
        `/v1/executions/${executionId}/events?after=${after}&limit=4`,
      );
      seen.push(...body.records.map(({ seq }) => seq));
      after = body.nextAfter;
    }
    expect(seen).toEqual((await analyst.records(executionId)).map(({ seq }) => seq));
    for (const query of ['after=x', 'limit=1001', 'after=-1'])
      expect((await analyst.get(`/v1/executions/${executionId}/events?${query}`)).status).toBe(400);
  });
});
