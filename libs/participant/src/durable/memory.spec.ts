import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import type { RuntimeParticipant } from '../participant.js';
import { ParticipantEndpoint } from '../participant-endpoint.js';
import { PROBE_INTENT, sampleCall } from '../testing/behaviour.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a suspended saga as code', () => {
  it('leaves nothing of its handler in memory', async () => {
    const time = new ManualTime();
    let held: WeakRef<object> | undefined;
    const participant: RuntimeParticipant = {
      getSupportedIntents: () => [PROBE_INTENT],
      handleIntent: () => Promise.reject(new Error('not called')),
      handleSaga: async (_intent, ctx) => {
        const large = { bytes: new Uint8Array(1_000_000) };
        held = new WeakRef(large);
        await ctx.step('work', async () => large.bytes.length);
        await ctx.sleep('a year', 365 * 86_400_000);
        return { artifacts: [], events: [{ eventType: 'x.y', data: { n: large.bytes.length } }], stateChanges: [] };
      },
    };
    const report = async () => ({ kind: 'recorded' as const, entries: [], held: [] });
    const unused = () => Promise.reject(new Error('not used'));
    const endpoint = new ParticipantEndpoint(participant, [{ name: PROBE_INTENT, version: '1.0.0' }], {
      clock: time,
      scheduler: time,
      dataPlane: () => ({ read: unused, write: unused, state: unused, report }),
      log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
    });
    const call = { ...sampleCall({}), journal: { version: 0, mode: 'run' as const, entries: [] } };
    expect(await endpoint.call(call)).toMatchObject({ status: 'suspended', seen: 0 });
    expect(held?.deref()).toBeDefined();
    for (let round = 0; round < 5 && held?.deref() !== undefined; round += 1) {
      await turn();
      collectGarbage();
    }
    expect([held?.deref(), endpoint.running, time.timersSet]).toEqual([undefined, 0, 0]);
  });
});
