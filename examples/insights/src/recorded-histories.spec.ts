import { describe, expect, it } from '@jest/globals';
import { replayRecorded } from '../../testing/recorded-history.js';
import { insightsCapabilities } from './capabilities.js';
import { InsightsParticipant } from './insights.participant.js';

describe('what was recorded once', () => {
  it.each(insightsCapabilities.map(({ name }) => name))(
    'comes of the same handler for ever: %s',
    async (intentType) => {
      const service = {
        service: 'insights',
        capabilities: insightsCapabilities,
        participant: new InsightsParticipant(),
      };
      const replay = await replayRecorded(intentType, service);
      expect(replay.firstDivergence).toBeNull();
      expect(replay.steps.map((step) => step.verdict)).toEqual(['equal']);
    },
  );
});
