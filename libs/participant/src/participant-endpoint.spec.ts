import { ManualTime } from '@intendant/kernel/testing';
import { clientTlsOptions, serverTlsOptions, systemScheduler } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { describe, expect, test } from '@jest/globals';
import { DataPlaneClient } from './data-plane-client.js';
import { ParticipantEndpoint, type ParticipantPorts } from './participant-endpoint.js';
import {
  describeHandlers,
  describeParticipantProtocol,
  gate,
  type HarnessFactory,
  PROBE_CAPABILITY,
  PROBE_SAGA_CAPABILITY,
  resultOf,
  ScriptedParticipant,
  startMemoryDataPlane,
} from './testing/index.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const served = [PROBE_CAPABILITY, PROBE_SAGA_CAPABILITY].map(({ name, version, durable = false }) => ({
  name,
  version,
  durable,
}));

const bareEndpoint: HarnessFactory = async (participant) => {
  const authority = await TestAuthority.create();
  const dataPlane = await startMemoryDataPlane(serverTlsOptions(await authority.issue('runtime')));
  const client = new DataPlaneClient(clientTlsOptions(await authority.issue('content'), 'runtime'));
  const ports: ParticipantPorts = {
    clock: { nowMs: () => Date.now() },
    scheduler: systemScheduler,
    dataPlane: (access, signal) => client.forCall(access, signal),
    log: () => silent,
  };
  const endpoint = new ParticipantEndpoint(participant, served, ports);
  return {
    transport: {
      call: (call) => endpoint.call(structuredClone(call)),
      cancel: async (cancel) => endpoint.cancel(cancel),
      probe: async (key) => endpoint.probe(key),
    },
    dataPlane,
    close: async () => {
      await client.close();
      await dataPlane.close();
    },
  };
};

describeParticipantProtocol('the endpoint itself, without a transport', bareEndpoint);
describeHandlers('the endpoint itself', bareEndpoint);

describe('ParticipantEndpoint', () => {
  const endpointOf = (participant: ScriptedParticipant) => {
    const time = new ManualTime();
    const unreachable = {
      read: async () => Promise.reject(),
      write: async () => Promise.reject(),
      state: async () => null,
      report: () => Promise.reject(new Error('no journal')),
    };
    const ports: ParticipantPorts = { clock: time, scheduler: time, dataPlane: () => unreachable, log: () => silent };
    return { time, endpoint: new ParticipantEndpoint(participant, served, ports) };
  };

  test('no timer outlives its call', async () => {
    const participant = new ScriptedParticipant();
    const { endpoint, time } = endpointOf(participant);
    await endpoint.call(participant.script(async () => resultOf()).call);
    await time.pass(0);
    expect(time.timersSet).toBe(0);
  });

  test('a drain waits for the running handlers', async () => {
    const participant = new ScriptedParticipant();
    const { endpoint, time } = endpointOf(participant);
    const finish = gate();
    const { call } = participant.script(async (_intent, { signal }) => {
      await finish.opened;
      return resultOf({ aborted: String(signal.aborted) });
    });
    const answered = endpoint.call(call);
    const drained = endpoint.drain(8_000);
    await time.pass(7_999);
    finish.open();
    await drained;
    expect(await answered).toEqual({ status: 'succeeded', result: resultOf({ aborted: 'false' }) });
  });

  test('a drain aborts what does not end in time', async () => {
    const participant = new ScriptedParticipant();
    const { endpoint, time } = endpointOf(participant);
    const { call } = participant.script(
      (_intent, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const answered = endpoint.call(call);
    const drained = endpoint.drain(8_000);
    await time.pass(8_000);
    await drained;
    expect(await answered).toMatchObject({ status: 'failed', error: { code: 'shutting_down', retryable: true } });
  });

  test('transfers end with the handler', async () => {
    const participant = new ScriptedParticipant();
    const time = new ManualTime();
    let transfers: AbortSignal | undefined;
    const ports: ParticipantPorts = {
      clock: time,
      scheduler: time,
      log: () => silent,
      dataPlane: (_address, signal) => {
        transfers = signal;
        return {
          read: async () => Promise.reject(),
          write: async () => Promise.reject(),
          state: async () => null,
          report: () => Promise.reject(new Error('no journal')),
        };
      },
    };
    const endedInside: (boolean | undefined)[] = [];
    const { call } = participant.script(async (_intent, { signal, state }) => {
      await state.get('session', 'key');
      endedInside.push(signal.aborted, transfers?.aborted);
      return resultOf({});
    });
    await new ParticipantEndpoint(participant, served, ports).call(call);
    expect([...endedInside, transfers?.aborted]).toEqual([false, false, true]);
  });
});
