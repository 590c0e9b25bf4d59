import 'reflect-metadata';
import { type CallOutcome, type Intent, type ProbeAnswer, RpcPattern } from '@intendant/intent-model';
import { createLogger, RpcClient, type RpcServer, serverTlsOptions, startRpcServer } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import type { SagaContext } from '../durable/saga-context.js';
import type { RuntimeParticipant } from '../participant.js';
import {
  describeHandlers,
  describeParticipantProtocol,
  type HarnessFactory,
  PROBE_CAPABILITY,
  PROBE_SAGA_CAPABILITY,
  resultOf,
  sampleCall,
  startMemoryDataPlane,
} from '../testing/index.js';
import { ParticipantModule } from './participant.module.js';
import { systemPorts } from './system-ports.js';

const logger = createLogger('spec', 'fatal');

const overTcp: HarnessFactory = async (participant) => {
  const authority = await TestAuthority.create();
  const [runtime, content] = [await authority.issue('runtime'), await authority.issue('content', ['content'])];
  const dataPlane = await startMemoryDataPlane(serverTlsOptions(runtime));
  const ports = systemPorts(content, logger);
  const forwarding = class implements RuntimeParticipant {
    getSupportedIntents = () => participant.getSupportedIntents();
    handleIntent: RuntimeParticipant['handleIntent'] = (intent, context) => participant.handleIntent(intent, context);
    handleSaga = async (intent: Intent, context: SagaContext) => {
      if (participant.handleSaga === undefined) throw new Error('no sagas');
      return participant.handleSaga(intent, context);
    };
  };
  const module = ParticipantModule.register({
    service: 'content',
    participant: forwarding,
    capabilities: [PROBE_CAPABILITY, PROBE_SAGA_CAPABILITY],
    ports,
  });
  const server = await startRpcServer(module, { host: '127.0.0.1', port: 0, tls: content, logger });
  const rpc = new RpcClient({ host: '127.0.0.1', port: server.port, service: 'content' }, runtime, logger);
  return {
    transport: {
      call: (call) => rpc.call<CallOutcome>(RpcPattern.call, call, 90_000),
      cancel: async (cancel) => rpc.emit(RpcPattern.cancel, cancel),
      probe: (idempotencyKey) => rpc.call<ProbeAnswer>(RpcPattern.probe, { idempotencyKey }, 90_000),
    },
    dataPlane,
    close: async () => {
      rpc.close();
      await server.close();
      await ports.close();
      await dataPlane.close();
    },
  };
};

describeParticipantProtocol('Nest over TCP with mutual TLS', overTcp);
describeHandlers('Nest over TCP', overTcp);

describe('ParticipantModule', () => {
  @Injectable()
  class Greeting {
    readonly text = 'from a provider';
  }
  @Injectable()
  class GreetingParticipant implements RuntimeParticipant {
    constructor(@Inject(Greeting) private readonly greeting: Greeting) {}
    getSupportedIntents = () => PROBE_CAPABILITY.intents;
    handleIntent: RuntimeParticipant['handleIntent'] = async () => resultOf({ greeting: this.greeting.text });
  }
  let authority: TestAuthority;
  let server: RpcServer;
  let close: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const tls = await authority.issue('content', ['content']);
    const ports = systemPorts(tls, logger);
    const module = ParticipantModule.register({
      service: 'content',
      participant: GreetingParticipant,
      providers: [Greeting],
      capabilities: [PROBE_CAPABILITY],
      ports,
    });
    server = await startRpcServer(module, { host: '127.0.0.1', port: 0, tls, logger });
    close = async () => {
      await server.close();
      await ports.close();
    };
  });
  afterAll(() => close());

  const callAs = async (service: string, pattern: string, message: unknown): Promise<unknown> => {
    const rpc = new RpcClient(
      { host: '127.0.0.1', port: server.port, service: 'content' },
      await authority.issue(service),
      logger,
    );
    try {
      return await rpc.call(pattern, message, 30_000);
    } finally {
      rpc.close();
    }
  };

  test('the participant is an ordinary provider', async () => {
    const outcome = await callAs('runtime', RpcPattern.call, sampleCall({}));
    expect(outcome).toEqual({ status: 'succeeded', result: resultOf({ greeting: 'from a provider' }) });
  });

  test('nobody but the Runtime may call', async () => {
    for (const service of ['insights', 'curator', 'smart-city'])
      await expect(callAs(service, RpcPattern.call, sampleCall({}))).rejects.toMatchObject({
        code: 'action_not_permitted',
      });
    await expect(callAs('insights', RpcPattern.probe, { idempotencyKey: 'a'.repeat(64) })).rejects.toMatchObject({
      code: 'action_not_permitted',
    });
  });

  test('a malformed call is refused with the place of the fault', async () => {
    await expect(callAs('runtime', RpcPattern.call, { ...sampleCall({}), timeoutMs: 0 })).rejects.toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining('/timeoutMs'),
    });
  });

  test('malformed capabilities are named before anything listens', () => {
    const nameless = { ...PROBE_CAPABILITY, name: 'Probe' };
    expect(() =>
      ParticipantModule.register({ service: 'content', participant: GreetingParticipant, capabilities: [nameless] }),
    ).toThrow();
  });
});
