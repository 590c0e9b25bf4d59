import type { Artifact, Intent, ParticipantResult } from '@intendant/intent-model';
import type { CapabilityInput } from '@intendant/participant';
import { sweepCrashes, sweepFailures, sweepLateResults, sweepLostReplies, sweepRepeats } from '@intendant/saga/testing';
import { type SagaUnderSweep, type SweptService, sweptSaga } from '@intendant/testkit';
import { describe, expect, it } from '@jest/globals';
import { SolutionParticipant, solutionCapabilities } from './index.js';

const SOURCES = ['a', 'b'].map((letter) => `parsed_${letter.repeat(32)}`);
const anyObject = { type: 'object' };

const assessment = (kind: string, semanticPayload: object): ParticipantResult => ({
  artifacts: [
    {
      artifactId: `${kind}_1`,
      resultType: kind,
      semanticPayload: semanticPayload as Artifact['semanticPayload'],
      renderings: [],
      parents: [],
    },
  ],
  events: [],
  stateChanges: [],
});

/** What insights answers about any source, without its files. */
const INSIGHTS: Readonly<Record<string, ParticipantResult>> = {
  'insights.assess_quality': assessment('quality', { overall: { score: 0.7 } }),
  'insights.analyze': assessment('analysis', {
    recordCount: 2,
    columns: [{ name: 'Employee ID', type: 'text', distinct: 2, count: 2 }],
  }),
};

const insights = (): SweptService => ({
  service: 'insights',
  capabilities: Object.keys(INSIGHTS).map(
    (name): CapabilityInput => ({
      name,
      version: '1.0.0',
      realm: 'insights',
      intents: [name],
      inputContract: anyObject,
      outputContract: anyObject,
      determinism: 'deterministic',
      sideEffects: 'idempotent',
    }),
  ),
  participant: {
    getSupportedIntents: () => Object.keys(INSIGHTS),
    handleIntent: async (intent: Intent) => INSIGHTS[intent.intentType] as ParticipantResult,
  },
});

const mash = (payload: SagaUnderSweep['payload'], answers: SagaUnderSweep['answers'] = {}): SagaUnderSweep => ({
  name: 'solution.mash_data',
  intentType: 'solution.mash_data',
  payload: { sources: SOURCES, ...payload },
  answers,
  services: () => [
    insights(),
    { service: 'solution', capabilities: solutionCapabilities, participant: new SolutionParticipant() },
  ],
});

const SAGAS = [
  ['with sources that are good enough', mash({ minScore: 0.5 })],
  ['with poor sources that a person lets pass', mash({}, { 'approval:poor_quality': {} })],
] as const;
const SWEEPS = { sweepFailures, sweepRepeats, sweepLostReplies, sweepLateResults, sweepCrashes };

describe.each(SAGAS)('the data mash %s', (_name, saga) => {
  it.each(Object.entries(SWEEPS))('keeps every rule: %s', async (_sweep, sweep) => {
    const { trials } = await sweep(sweptSaga(saga));
    expect(trials).toBeGreaterThan(2);
  });
});
