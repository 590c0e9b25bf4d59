import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionFailed, IntendantClient, InvalidArgument, ProblemError, UnexpectedReply } from './index.js';
import {
  dataReference,
  executionId,
  intent,
  lineageReply,
  mashReply,
  provenanceReply,
  resultReply,
  session,
  sessionId,
} from './testing/example-replies.js';
import { type Answer, cut, json, problem, ScriptedServer } from './testing/scripted-server.js';
import { VirtualTime } from './testing/virtual-time.js';

let server: ScriptedServer;
let time: VirtualTime;
let client: IntendantClient;
beforeEach(async () => {
  server = await new ScriptedServer().start();
  time = new VirtualTime();
  client = new IntendantClient({ url: server.url, token: 'tok', ports: time.ports });
});
afterEach(async () => {
  await client.destroy();
  await server.stop();
});

const keys = (): unknown[] => server.asked.map(({ headers }) => headers['idempotency-key']);

describe('submit', () => {
  it('sends token, key and wait, and gives the answer as it came', async () => {
    server.script(json(resultReply('completed')));
    const { execution, replayed, idempotencyKey } = await client.submit(intent, { waitS: 5 });
    expect(execution).toEqual(resultReply('completed'));
    expect(replayed).toBe(false);
    expect(idempotencyKey).toBe('key-1');
    expect(server.asked[0]).toMatchObject({
      method: 'POST',
      path: '/v1/intents',
      headers: { authorization: 'Bearer tok', 'idempotency-key': 'key-1', prefer: 'wait=5' },
    });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual(intent);
  });

  it('keeps the key over cut connections, doubt and refusals for the moment', async () => {
    server.script(
      cut,
      problem(503, 'outcome_unknown', 'same_key'),
      problem(503, 'overloaded', 'later'),
      json(resultReply(), 202, { 'idempotent-replayed': 'true' }),
    );
    const { replayed } = await client.submit(intent);
    expect(replayed).toBe(true);
    expect(keys()).toEqual(['key-1', 'key-1', 'key-1', 'key-1']);
    expect(time.waits).toEqual([100, 200, 400]);
  });

  it('waits as long as Retry-After asks', async () => {
    server.script(problem(429, 'rate_limited', 'later', {}, { 'retry-after': '3' }), json(resultReply(), 202));
    await client.submit(intent, { idempotencyKey: 'mine' });
    expect(time.waits).toEqual([3_000]);
    expect(keys()).toEqual(['mine', 'mine']);
  });

  it('does not wait past the deadline', async () => {
    server.script(problem(429, 'rate_limited', 'later', {}, { 'retry-after': '31' }));
    await expect(client.submit(intent)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 31_000 });
    expect(server.asked).toHaveLength(1);
  });

  it('gives up at the deadline with the last failure, having waited ever longer up to the cap', async () => {
    server.script(problem(503, 'wal_unavailable', 'later'));
    await expect(client.submit(intent)).rejects.toMatchObject({ code: 'wal_unavailable' });
    expect(time.waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000]);
  });

  it.each([
    [400, 'invalid_payload', 'changed'],
    [403, 'action_not_permitted', 'never'],
    [403, 'tenant_suspended', 'later'],
    [422, 'idempotency_key_reused', 'changed'],
    [429, 'rate_limited', 'later'],
    [500, 'internal_error', 'later'],
    [503, 'capability_unavailable', 'never'],
  ])('does not repeat after %i %s without a time to come back', async (status, code, retry) => {
    server.script(problem(status, code, retry));
    await expect(client.submit(intent)).rejects.toBeInstanceOf(ProblemError);
    expect(server.asked).toHaveLength(1);
  });

  it('asks for the token before every attempt', async () => {
    let issued = 0;
    const renewing = new IntendantClient({ url: server.url, token: async () => `t${++issued}`, ports: time.ports });
    server.script(problem(503, 'overloaded', 'later'), json(resultReply(), 202));
    await renewing.submit(intent);
    await renewing.destroy();
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });
});

describe('arguments that cannot be sent', () => {
  it.each([
    [{ waitS: Number.NaN }, 'waitS'],
    [{ waitS: -1 }, 'waitS'],
    [{ waitS: 2.5 }, 'waitS'],
    [{ waitS: 61 }, 'waitS'],
    [{ waitS: Number.POSITIVE_INFINITY }, 'waitS'],
    [{ idempotencyKey: 'ключ' }, 'idempotencyKey'],
    [{ idempotencyKey: 'two\nlines' }, 'idempotencyKey'],
    [{ idempotencyKey: '' }, 'idempotencyKey'],
  ])('are refused at once: %p', async (options, name) => {
    const error = await client.submit(intent, options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toContain(`${name} must be`);
    expect([server.asked, time.waits]).toEqual([[], []]);
  });

  it.each(['deadlineMs', 'firstWaitMs', 'waitMsMax'])('are refused at once: retry.%s', (name) => {
    const withLimit = (limit: number) => () =>
      new IntendantClient({ url: server.url, token: 't', retry: { [name]: limit } });
    expect(withLimit(Number.NaN)).toThrow(`retry.${name} must be`);
    expect(withLimit(-1)).toThrow(InvalidArgument);
  });

  it('are no lost connection, and are not sent again', async () => {
    const malformed = new IntendantClient({ url: server.url, token: 'two\nlines', ports: time.ports });
    await expect(malformed.getSession(sessionId)).rejects.toBeInstanceOf(InvalidArgument);
    await expect(malformed.stream(executionId).next()).rejects.toBeInstanceOf(InvalidArgument);
    await malformed.destroy();
    expect([server.asked, time.waits]).toEqual([[], []]);
  });
});

describe('failures', () => {
  it('carry the whole problem document', async () => {
    const found = { field: '/payload/goals', remedy: 'name a goal', correlationId: 'c9', refusalId: 'rfs_1' };
    server.script(problem(400, 'invalid_payload', 'changed', found));
    const error = await client.result(executionId).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: 'invalid_payload',
      status: 400,
      detail: 'because invalid_payload',
      field: '/payload/goals',
      remedy: 'name a goal',
      retry: 'changed',
      problem: { refusalId: 'rfs_1', correlationId: 'c9' },
    });
  });

  it('of something in between are problems too', async () => {
    server.script((response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'));
    await expect(client.result(executionId)).rejects.toMatchObject({
      code: 'http_502',
      detail: '<h1>Bad Gateway</h1>',
    });
  });

  it('name the address that could not be reached', async () => {
    const gone = await new ScriptedServer().start();
    const { url } = gone;
    await gone.stop();
    const unreachable = new IntendantClient({ url, token: 'tok', ports: time.ports, retry: { deadlineMs: 150 } });
    const error = await unreachable.openSession().catch((caught: unknown) => caught);
    await unreachable.destroy();
    expect(error).toBeInstanceOf(ConnectionFailed);
    expect(error).toMatchObject({ url: `${url}/v1/sessions`, nothingSent: true });
    expect((error as Error).message).toContain('ECONNREFUSED');
    expect(time.waits).toEqual([100]);
  });

  it.each([
    ['not JSON', (response: { end(text: string): void }) => response.end('hello')],
    ['another shape', json({ sessionId: 7 })],
  ])('tell an answer that is %s from the API', async (_what, answer) => {
    server.script(answer as never);
    await expect(client.getSession(sessionId)).rejects.toBeInstanceOf(UnexpectedReply);
    expect(server.asked).toHaveLength(1);
  });

  it('of an answer that breaks off in the middle are asked again', async () => {
    const half = (response: import('node:http').ServerResponse): void => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"sessionId"', () => response.destroy());
    };
    server.script(half as never, json(session));
    await expect(client.getSession(sessionId)).resolves.toEqual(session);
    expect(time.waits).toEqual([100]);
  });

  it('of answers that all break off end at the deadline, and not in a storm of requests', async () => {
    server.script((response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"sessionId"', () => response.destroy());
    });
    await expect(client.getSession(sessionId)).rejects.toBeInstanceOf(ConnectionFailed);
    expect(time.waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000]);
    expect(server.asked).toHaveLength(11);
  });

  it('of something in between leave open whether the server was asked: only what may be asked twice is', async () => {
    const busy: Answer = (response) => void response.writeHead(503, { 'content-type': 'text/html' }).end('busy');
    server.script(busy, json(session));
    await expect(client.openSession()).rejects.toMatchObject({ code: 'http_503' });
    expect(server.asked).toHaveLength(1);
    await expect(client.getSession(sessionId)).resolves.toEqual(session);
    server.script(busy, json(session));
    await expect(client.getSession(sessionId)).resolves.toEqual(session);
  });
});

describe('what is recorded each time', () => {
  it.each([
    ['replay', () => client.replay(executionId, 'state_only')],
    ['validation', () => client.validateExecution(executionId)],
    ['session replay', () => client.replaySession(sessionId, 'state_only')],
    ['rebuild', () => client.rebuildReadModel()],
  ])('is not asked for twice when the answer is lost: %s', async (_what, ask) => {
    server.script(cut);
    await expect(ask()).rejects.toBeInstanceOf(ConnectionFailed);
    expect(server.asked).toHaveLength(1);
  });
});

describe('sessions', () => {
  it('are not opened twice when the answer is lost', async () => {
    server.script(cut, json(session, 201));
    await expect(client.openSession()).rejects.toBeInstanceOf(ConnectionFailed);
    expect(server.asked).toHaveLength(1);
  });

  it('are opened, read and closed', async () => {
    server.script(json(session, 201), json(session), json({ ...session, status: 'closed' }));
    await client.openSession({ channel: 'cli' });
    await client.getSession(sessionId);
    await expect(client.closeSession(sessionId)).resolves.toMatchObject({ status: 'closed' });
    expect(server.asked.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      'POST /v1/sessions {"context":{"channel":"cli"}}',
      `GET /v1/sessions/${sessionId} `,
      `DELETE /v1/sessions/${sessionId} `,
    ]);
  });
});

describe('content', () => {
  const descriptor = { ref: `content://${'a'.repeat(64)}`, sha256: 'a'.repeat(64), sizeBytes: 5 };

  it('is staged from bytes and from a file, again when the connection is cut', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'client-'));
    writeFileSync(join(directory, 'x.txt'), 'hello');
    server.script(cut, json(descriptor, 201), cut, json(descriptor, 201));
    await client.stageContent(Buffer.from('hello'), { sha256: 'a'.repeat(64) });
    await client.stageContent(join(directory, 'x.txt'));
    rmSync(directory, { recursive: true });
    expect(server.asked.map(({ body }) => body)).toEqual(['hello', 'hello', 'hello', 'hello']);
    expect(server.asked[0]?.path).toBe(`/v1/content?sha256=${'a'.repeat(64)}`);
    expect(server.asked[3]?.headers['content-length']).toBe('5');
  });

  it('from a stream is sent once only', async () => {
    server.script(cut);
    await expect(client.stageContent(Readable.from([Buffer.from('hello')]))).rejects.toBeInstanceOf(ConnectionFailed);
    expect(server.asked).toHaveLength(1);
  });

  it('is read as a stream, by reference or digest', async () => {
    server.script((response) => response.end('hello'));
    const stream = await client.readContent(descriptor.ref);
    expect(await stream.map(String).toArray()).toEqual(['hello']);
    expect(server.asked[0]?.path).toBe(`/v1/content/${descriptor.sha256}`);
  });
});

describe('lists', () => {
  it('send what is set of a filter', async () => {
    server.script(json({ scope: 'own', executions: [], nextCursor: null }));
    await client.listExecutions({ status: 'completed', limit: 5, cursor: undefined, intentType: '' });
    expect(server.asked[0]?.path).toBe('/v1/executions?status=completed&limit=5');
  });

  it('keep the prefix of the address', async () => {
    const behindProxy = new IntendantClient({ url: `${server.url}/intendant/`, token: 'tok', ports: time.ports });
    server.script(json({ refusals: [], nextBefore: null }));
    await behindProxy.refusals({ limit: 1 });
    await behindProxy.destroy();
    expect(server.asked[0]?.path).toBe('/intendant/v1/refusals?limit=1');
  });
});

describe('references', () => {
  it('are asked for by their name, whatever is in it', async () => {
    const page = { scope: 'own', references: [dataReference], nextCursor: null };
    server.script(json(page), json(dataReference), json(provenanceReply), json(lineageReply), json(mashReply));
    const { ref } = { ref: `content://${'a'.repeat(64)}` };
    expect((await client.listReferences({ executionId, limit: 5 })).references).toEqual([dataReference]);
    expect(await client.reference(ref)).toEqual(dataReference);
    expect(await client.provenance('file_1', { limit: 2 })).toEqual(provenanceReply);
    expect(await client.lineage('file_1', { direction: 'downstream', depth: 3 })).toEqual(lineageReply);
    expect(await client.mash(['file_1'], { queryType: 'schema', waitFor: executionId })).toEqual(mashReply);
    expect(server.asked.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      `GET /v1/data/references?executionId=${executionId}&limit=5 `,
      `GET /v1/data/references/content%3A%2F%2F${'a'.repeat(64)} `,
      'GET /v1/data/references/file_1/provenance?limit=2 ',
      'GET /v1/data/references/file_1/lineage?direction=downstream&depth=3 ',
      `POST /v1/data/mash?waitFor=${executionId} {"references":["file_1"],"queryType":"schema"}`,
    ]);
  });
});
