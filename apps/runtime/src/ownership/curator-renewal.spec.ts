import 'reflect-metadata';
import { type FailureError, failure, type OwnershipRenewal, RpcPattern } from '@intendant/intent-model';
import { createLogger, RpcClient, type RpcServer, RpcUnavailable, startRpcServer } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { renewalWith } from './curator-renewal.js';

const logger = createLogger('spec', 'fatal');
const request: OwnershipRenewal = {
  replicaId: 'a',
  linkUrl: 'https://a.example',
  partitionCount: 1,
  nowMs: 7,
  owned: [],
  released: [],
  ready: true,
  draining: false,
  unable: [],
};
const answer = { curatorNowMs: 8, leaseMs: 5_000, revision: 1, replicas: [], partitions: [] };

/** How Curator answers in the current test. */
let reply: (message: unknown) => unknown = () => answer;

@Controller()
class Curator {
  @MessagePattern(RpcPattern.renewOwnership)
  renew(@Payload() message: unknown): unknown {
    return reply(message);
  }
}

@Module({ controllers: [Curator] })
class CuratorModule {}

describe('renewing with Curator', () => {
  let authority: TestAuthority;
  let server: RpcServer;
  let rpc: RpcClient;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const tls = await authority.issue('curator');
    server = await startRpcServer(CuratorModule, { host: '127.0.0.1', port: 0, tls, logger });
  });
  beforeEach(async () => {
    const target = { host: '127.0.0.1', port: server.port, service: 'curator' };
    rpc = new RpcClient(target, await authority.issue('runtime'), logger);
  });
  afterEach(() => rpc.close());
  afterAll(() => server.close());

  it('sends the request and gives the answer', async () => {
    let heard: unknown;
    reply = (message) => {
      heard = message;
      return answer;
    };
    expect(await renewalWith(rpc)(request)).toEqual(answer);
    expect(heard).toEqual(request);
  });

  it('rejects with the refusal', async () => {
    reply = () => {
      throw new RpcException(failure('registration_refused', '8 partitions, not 4'));
    };
    const refused = renewalWith(rpc)(request);
    await expect(refused).rejects.toMatchObject({ message: 'registration_refused: 8 partitions, not 4' });
    await refused.catch((error: FailureError) => expect(error.failure.code).toBe('registration_refused'));
  });

  it('rejects a malformed answer with its place', async () => {
    reply = () => ({ ...answer, leaseMs: 'long' });
    await expect(renewalWith(rpc)(request)).rejects.toThrow('malformed answer of Curator at /leaseMs');
  });

  it('rejects when nobody answers', async () => {
    reply = () => new Promise(() => undefined);
    await expect(renewalWith(rpc)(request)).rejects.toBeInstanceOf(RpcUnavailable);
    rpc.close();
    await expect(renewalWith(rpc)(request)).rejects.toBeInstanceOf(RpcUnavailable);
  });
});
