import { describe, expect, it } from '@jest/globals';
import { replayRecorded } from '../../testing/recorded-history.js';
import { solutionCapabilities } from './capabilities.js';
import { SolutionParticipant } from './solution.participant.js';

describe('what was recorded once', () => {
  it.each(solutionCapabilities.map(({ name }) => name))(
    'comes of the same handler for ever: %s',
    async (intentType) => {
      const service = {
        service: 'solution',
        capabilities: solutionCapabilities,
        participant: new SolutionParticipant(),
      };
      const replay = await replayRecorded(intentType, service);
      expect(replay.firstDivergence).toBeNull();
      expect(replay.steps.map((step) => step.verdict)).toEqual(['equal']);
    },
  );
});
