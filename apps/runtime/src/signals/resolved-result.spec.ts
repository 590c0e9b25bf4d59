import { acceptCommand, failed, History, sampleResult, signal } from '@intendant/execution/testing';
import type { ParticipantResult } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { ContractValidators } from '@intendant/registry';
import { describe, expect, it } from '@jest/globals';
import { resolvedResultFault } from './resolved-result.js';

const outputContract = { type: 'object', properties: { events: { type: 'array', maxItems: 1 } } };
const event = { eventType: 'demo.done', data: {} };
const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };

/** What the desk says to a result, with which a person resolves the only step of ada's execution, when content is `owner`'s. */
async function faultOf(
  result: ParticipantResult,
  { owner = 'ada', senderId = 'ada', keptBytes = 1 as number | null } = {},
) {
  const { state } = History.of(acceptCommand({ unknownOutcome: 'park' }), failed(1, { outcome: 'unknown' }));
  const validators = new ContractValidators();
  const [{ digest } = { digest: '' }] = state.capabilities;
  validators.learn({ digest, inputContract: { type: 'object' }, outputContract });
  const { payload } = signal('resolve_step', { stepId: 'main', outcome: 'succeeded', result: result as never });
  const references = { isAnothers: (_tenantId: string, userId: string) => userId !== owner };
  const bounds = { validators, references, content: { sizeOf: async () => keptBytes } };
  const fault = await resolvedResultFault(state, { payload: payload as JsonObject }, senderId, bounds);
  return fault === null ? null : { code: fault.code, field: fault.field };
}

const content = { ref: `content://${'a'.repeat(64)}`, sha256: 'a'.repeat(64), sizeBytes: 1 };
const [sample] = sampleResult().artifacts;
const artifact = {
  ...(sample as ParticipantResult['artifacts'][number]),
  renderings: [{ mediaType: 'text/plain', content }],
};
const naming: ParticipantResult = { ...nothing, artifacts: [artifact as never] };

describe('a result with which a person resolves a step', () => {
  it('keeps the output contract that was pinned', async () => {
    expect(await faultOf({ ...nothing, events: [event] })).toBeNull();
    const code = 'signal_invalid_payload';
    expect(await faultOf({ ...nothing, events: [event, event] })).toEqual({ code, field: '/payload/result/events' });
  });

  it('makes nobody the owner of content of somebody else', async () => {
    const field = '/payload/result/artifacts/0/renderings/0/content';
    expect(await faultOf(naming, { owner: 'eve', senderId: 'bob' })).toEqual({ code: 'signal_invalid_payload', field });
  });

  it('may name content of the submitter, and give the sender’s own', async () => {
    expect(await faultOf(naming, { senderId: 'bob' })).toBeNull();
    expect(await faultOf(naming, { owner: 'bob', senderId: 'bob' })).toBeNull();
  });

  it('names what is kept, as it is kept: else it would be theirs who store it next', async () => {
    for (const keptBytes of [null, 2])
      expect(await faultOf(naming, { keptBytes })).toMatchObject({ code: 'signal_invalid_payload' });
  });

  it('is no larger than that of a participant', async () => {
    const large = { ...event, data: { text: 'x'.repeat(4 * 1_024 * 1_024) } };
    expect(await faultOf({ ...nothing, events: [large] })).toMatchObject({ field: '/payload/result' });
  });
});
