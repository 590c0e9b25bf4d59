import type { AddressInfo } from 'node:net';
import { ParticipantRegistrationPath as path, RequestKey } from '@intendant/intent-model';
import { clientTlsOptions, createLogger } from '@intendant/nest-kit';
import { ManualTime, TestAuthority } from '@intendant/participant/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { Agent, request } from 'undici';
import { MemoryStore } from '../test/memory-store.js';
import { definitionOf, registrationOf } from '../test/registrations.js';
import { createRegistrationServer } from './registration-server.js';
import { LEASE_MS, Registry } from './registry/registry.js';

const logger = createLogger('spec', 'fatal');
const overHttp = (url: string) =>
  registrationOf('content', [definitionOf('content.parse')], { address: { transport: 'http', url } });
const registration = overHttp('http://127.0.0.1:4001');

describe('registration over HTTPS', () => {
  let authority: TestAuthority;
  let registry: Registry;
  let server: FastifyInstance;
  const time = new ManualTime();
  const agents: Agent[] = [];

  beforeAll(async () => {
    authority = await TestAuthority.create();
    registry = new Registry({ store: new MemoryStore(), clock: time, scheduler: time, logger, mode: 'lab' });
    await registry.start();
    server = createRegistrationServer(registry, await authority.issue('curator'), logger);
    await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await server.close();
    registry.close();
  });

  /** A participant's view of Curator, under a certificate of this service and these realms. */
  const as = async (service: string, realms: string[]) => {
    const agent = new Agent({ connect: clientTlsOptions(await authority.issue(service, realms), 'curator') as never });
    agents.push(agent);
    const origin = `https://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
    return async (to: string, message: unknown, type = 'application/json') => {
      const body = typeof message === 'string' ? message : JSON.stringify(message);
      const headers = { 'content-type': type };
      const answer = await request(origin + to, { dispatcher: agent, method: 'POST', headers, body });
      return {
        status: answer.statusCode,
        type: answer.headers['content-type'],
        // biome-ignore lint/suspicious/noExplicitAny: looked into field by field
        body: (await answer.body.json()) as any,
      };
    };
  };

  test('register, renew, drain: as over the RPC, with a key that only this instance and the Runtime get', async () => {
    const content = await as('content', ['content']);
    const { status, body: receipt } = await content(path.register, registration);
    expect([status, receipt.leaseMs]).toEqual([200, LEASE_MS]);
    const key = RequestKey.parse(receipt.requestKey);
    expect(Buffer.from(key.secret, 'base64')).toHaveLength(32);
    expect(registry.snapshot.instances).toMatchObject([{ address: registration.address, requestKey: key }]);
    const { leaseId } = receipt;
    expect((await content(path.renew, { leaseId })).body).toEqual({ status: 'renewed' });
    expect((await content(path.drain, { leaseId })).body).toEqual({ status: 'draining' });
    expect((await content(path.renew, { leaseId })).body).toEqual({ status: 'lease_unknown' });
    expect(registry.snapshot.instances).toMatchObject([{ draining: true, requestKey: key }]);
  });

  test('each lease has a key of its own, which the Runtime hears of with it', async () => {
    const content = await as('content', ['content']);
    const [first, second] = [await content(path.register, registration), await content(path.register, registration)];
    expect(second.body.requestKey.keyId).not.toBe(first.body.requestKey.keyId);
    expect(second.body.revision).toBeGreaterThan(first.body.revision);
    expect(registry.snapshot.instances.map((one) => one.requestKey)).toEqual([second.body.requestKey]);
  });

  test('a refusal is a problem document with every rule', async () => {
    const content = await as('content', ['content']);
    const refused = await content(path.register, overHttp('http://10.0.0.7:4001'));
    expect(refused).toMatchObject({ status: 409, type: expect.stringContaining('application/problem+json') });
    expect(refused.body).toMatchObject({
      code: 'registration_refused',
      refusals: [{ rule: 'address_not_secure', field: '/address/url' }],
    });
  });

  test.each([
    ['smart-city', [], 403, 'action_not_permitted'],
    ['insights', ['content'], 409, 'registration_refused'],
  ])('a certificate of %s registers nobody else', async (service, realms, status, code) => {
    expect(await (await as(service, realms))(path.register, registration)).toMatchObject({ status, body: { code } });
  });

  test.each([
    [path.register, '{"service":', 'application/json', 400, 'malformed_json'],
    [path.register, '{"service":1,"service":2}', 'application/json', 400, 'malformed_json'],
    [path.register, {}, 'application/json', 400, 'invalid_request'],
    [path.renew, { leaseId: 7 }, 'application/json', 400, 'invalid_request'],
    [path.renew, 'x', 'text/plain', 415, 'unsupported_media_type'],
    ['/v1/participants', {}, 'application/json', 404, 'not_found'],
  ])('%s of something malformed', async (to, message, type, status, code) => {
    const content = await as('content', ['content']);
    expect(await content(to, message, type)).toMatchObject({ status, body: { code } });
  });
});

test('production takes a participant over HTTP only by https', async () => {
  const time = new ManualTime();
  const registry = new Registry({ store: new MemoryStore(), clock: time, scheduler: time, logger, mode: 'production' });
  await registry.start();
  const caller = { service: 'content', realms: ['content'] };
  const registered = (url: string) => registry.register(overHttp(url), caller);
  expect(await registered('http://127.0.0.1:4001')).toMatchObject({
    failure: { code: 'registration_refused', extra: { refusals: [{ rule: 'address_not_secure' }] } },
  });
  expect(await registered('https://words.example')).toHaveProperty('requestKey');
  registry.close();
});
