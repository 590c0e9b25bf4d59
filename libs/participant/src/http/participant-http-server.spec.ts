import { randomBytes } from 'node:crypto';
import { ParticipantPath } from '@intendant/intent-model';
import { clientTlsOptions, RequestKeys, SignedHttpClient, signRequest, systemScheduler } from '@intendant/nest-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { ParticipantEndpoint } from '../participant-endpoint.js';
import { resultOf, ScriptedParticipant, sampleCall, TestAuthority } from '../testing/index.js';
import { type ParticipantHttpServer, startParticipantHttpServer } from './participant-http-server.js';

const newKey = () => ({ keyId: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64') });
const LIMITS = { timeoutMs: 30_000, bytesMax: 1_000_000 };

describe('the door of a participant over HTTP', () => {
  const participant = new ScriptedParticipant();
  const [key, keys] = [newKey(), new RequestKeys()];
  let server: ParticipantHttpServer;
  let client: SignedHttpClient;
  let agent: Agent;
  let authority: TestAuthority;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const endpoint = new ParticipantEndpoint(participant, [{ name: 'content.probe', version: '1.0.0' }], {
      clock: { nowMs: () => Date.now() },
      scheduler: systemScheduler,
      dataPlane: () => ({}) as never,
      log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
    });
    keys.learn(key);
    const tls = await authority.issue('content', ['content']);
    server = await startParticipantHttpServer({ endpoint, host: '127.0.0.1', port: 0, tls, keys });
    const runtime = clientTlsOptions(await authority.issue('runtime'), 'content');
    client = new SignedHttpClient(`https://127.0.0.1:${server.port}/`, runtime);
    agent = new Agent({ connect: runtime as never });
  });
  afterAll(async () => {
    client.close();
    await agent.destroy();
    await server.close();
  });

  const place = () => `127.0.0.1:${server.port}`;
  /** A request as it is, with fields as they should be unless they are changed. */
  const sent = async (
    message: unknown,
    change: { path?: string; method?: string; fields?: object; by?: Agent } = {},
  ) => {
    const { path = ParticipantPath.call, method = 'POST' } = change;
    const body = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    const toSign = { method, authority: place(), path, contentType: 'application/json', body };
    const fields = signRequest(toSign, key, Date.now(), randomBytes(16).toString('hex'));
    const answer = await request(`https://${place()}${path}`, {
      dispatcher: change.by ?? agent,
      method: method as 'POST',
      headers: { ...fields, ...change.fields },
      body,
    });
    return [answer.statusCode, ((await answer.body.json()) as { code?: string }).code];
  };

  test('takes a signed call once, and answers it signed', async () => {
    const { call, runs } = participant.script(async () => resultOf());
    const answer = await client.post(ParticipantPath.call, call, key, LIMITS);
    expect(answer).toEqual({ kind: 'answer', value: { status: 'succeeded', result: resultOf() } });
    expect(runs()).toBe(1);
    const fields = signRequest(
      {
        method: 'POST',
        authority: place(),
        path: ParticipantPath.call,
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify(call)),
      },
      key,
      Date.now(),
      'n'.repeat(32),
    );
    expect(await sent(call, { fields })).toEqual([200, undefined]);
    expect(await sent(call, { fields })).toEqual([401, 'unauthenticated']);
  });

  test('a key that it does not know means that nothing was delivered', async () => {
    const { call, runs } = participant.script(async () => resultOf());
    const reply = await client.post(ParticipantPath.call, call, newKey(), LIMITS);
    expect(reply).toMatchObject({ kind: 'not_delivered', reason: expect.stringContaining('key_unknown') });
    expect(runs()).toBe(0);
  });

  test('another service is refused, also with the key', async () => {
    const insights = new Agent({ connect: clientTlsOptions(await authority.issue('insights'), 'content') as never });
    expect(await sent(sampleCall({}), { by: insights })).toEqual([403, 'action_not_permitted']);
    await insights.destroy();
  });

  test.each<[string, unknown, Parameters<typeof sent>[1], number, string]>([
    ['no signature', {}, { fields: { signature: '' } }, 401, 'unauthenticated'],
    [
      'a body that is not the one that was signed',
      {},
      { fields: { 'content-digest': 'sha-256=:x:' } },
      401,
      'unauthenticated',
    ],
    ['no JSON', '{"a":', {}, 400, 'malformed_json'],
    ['a call that is none', { ...sampleCall({}), timeoutMs: 0 }, {}, 400, 'invalid_request'],
    ['another path', {}, { path: '/intendant/v1/drain' }, 404, 'not_found'],
    ['another method', {}, { method: 'PUT' }, 404, 'not_found'],
    ['another type', {}, { fields: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
  ])('refuses %s', async (_what, message, change, status, code) => {
    expect(await sent(message, change)).toEqual([status, code]);
  });

  test('nobody at the address means that nothing was delivered', async () => {
    const nobody = new SignedHttpClient('http://127.0.0.1:9', {});
    expect(await nobody.post(ParticipantPath.probe, {}, key, LIMITS)).toMatchObject({ kind: 'not_delivered' });
    nobody.close();
  });
});
