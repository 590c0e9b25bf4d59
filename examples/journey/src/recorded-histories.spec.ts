import { describe, expect, it } from '@jest/globals';
import { replayRecorded } from '../../testing/recorded-history.js';
import { journeyCapabilities } from './capabilities.js';
import { JourneyParticipant } from './journey.participant.js';

describe('what was recorded once', () => {
  it.each(journeyCapabilities.map(({ name }) => name))('comes of the same handler for ever: %s', async (intentType) => {
    const service = { service: 'journey', capabilities: journeyCapabilities, participant: new JourneyParticipant() };
    const replay = await replayRecorded(intentType, service);
    expect(replay.firstDivergence).toBeNull();
    expect(replay.steps.map((step) => step.verdict)).toEqual(['equal']);
  });
});
