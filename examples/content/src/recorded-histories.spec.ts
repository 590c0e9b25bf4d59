import { describe, expect, it } from '@jest/globals';
import { replayRecorded } from '../../testing/recorded-history.js';
import { contentCapabilities } from './capabilities.js';
import { ContentParticipant } from './content.participant.js';

describe('what was recorded once', () => {
  it.each(contentCapabilities.map(({ name }) => name))('comes of the same handler for ever: %s', async (intentType) => {
    const service = { service: 'content', capabilities: contentCapabilities, participant: new ContentParticipant() };
    const replay = await replayRecorded(intentType, service);
    expect(replay.firstDivergence).toBeNull();
    expect(replay.steps.map((step) => step.verdict)).toEqual(['equal']);
  });
});
