import type { Artifact } from '@intendant/intent-model';
import { sweepCrashes, sweepFailures, sweepLateResults, sweepLostReplies, sweepRepeats } from '@intendant/saga/testing';
import { type SweptService, sweptSaga } from '@intendant/testkit';
import { describe, expect, it } from '@jest/globals';
import { solutionCapabilities } from './capabilities.js';
import { SolutionParticipant } from './solution.participant.js';

const SOURCES = ['a', 'b'].map((letter) => `parsed_${letter.repeat(32)}`);
const COLUMNS = [{ name: 'Employee ID', type: 'text', distinct: 10, count: 10 }];
const INTENTS = ['insights.assess_quality', 'insights.analyze'];
const SWEEP_MS = 120_000;
const [template] = solutionCapabilities;

/** Insights with answers of its own: what it does to files is not what is swept here. */
const insights = (): SweptService => ({
  service: 'insights',
  capabilities: INTENTS.map((name) => ({
    ...(template as NonNullable<typeof template>),
    name,
    realm: 'insights',
    intents: [name],
    dataReferences: [],
    inputContract: { type: 'object' },
    outputContract: { type: 'object' },
  })),
  participant: {
    getSupportedIntents: () => INTENTS,
    handleIntent: async ({ intentType }, { executionId }) => {
      const semanticPayload = (intentType.endsWith('analyze')
        ? { recordCount: 10, columns: COLUMNS }
        : { overall: { score: 0.5 } }) as unknown as Artifact['semanticPayload'];
      const artifactId = `analysis_${executionId.slice('exe_'.length)}`;
      const artifact = { artifactId, resultType: 'analysis', semanticPayload, renderings: [], parents: [] };
      return { artifacts: [artifact], events: [], stateChanges: [] };
    },
  },
});

const mash = sweptSaga({
  name: 'solution.mash_data',
  intentType: 'solution.mash_data',
  services: () => [
    { service: 'solution', capabilities: solutionCapabilities, participant: new SolutionParticipant() },
    insights(),
  ],
  payload: { sources: SOURCES, minScore: 0.8 },
  // the sources are poor: somebody has to say that it may go on
  answers: { 'approval:poor_quality': null },
});

describe('the data-mash saga as code', () => {
  it.each(Object.entries({ sweepFailures, sweepRepeats, sweepLostReplies, sweepLateResults, sweepCrashes }))(
    'keeps every rule: %s',
    async (_name, sweep) => {
      expect((await sweep(mash)).trials).toBeGreaterThan(5);
    },
    SWEEP_MS,
  );
});
