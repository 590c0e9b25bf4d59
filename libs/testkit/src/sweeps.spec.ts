import { sweepCrashes, sweepFailures, sweepLateResults, sweepLostReplies, sweepRepeats } from '@intendant/saga/testing';
import { describe, expect, it } from '@jest/globals';
import * as samples from './samples/sample-sagas.js';
import { sampleService } from './samples/sample-service.js';
import { type SagaUnderSweep, type SweptService, sweptSaga } from './swept-saga.js';

const SAGAS = Object.values(samples).filter((one): one is SagaUnderSweep => typeof one === 'object');
const SWEEP_MS = 60_000;
const SWEEPS = { sweepFailures, sweepRepeats, sweepLostReplies, sweepLateResults, sweepCrashes };

describe.each(SAGAS.map((saga) => [saga.name, saga] as const))('%s', (_name, saga) => {
  it.each(Object.entries(SWEEPS))(
    'keeps every rule: %s',
    async (_sweep, sweep) => {
      const { trials } = await sweep(sweptSaga(saga));
      expect(trials).toBeGreaterThan(2);
    },
    SWEEP_MS,
  );
});

/** The saga of three steps, with a service that is not as it should be. */
const spoilt = (spoil: (service: SweptService) => SweptService): SagaUnderSweep => ({
  ...samples.sequential,
  services: () => samples.sequential.services().map(spoil),
});

describe('a sweep', () => {
  it('notices a service that does not honour its keys', async () => {
    const saga = spoilt((service) => {
      const effects: Record<string, number> = {};
      const handleIntent: typeof service.participant.handleIntent = (intent, context) => {
        const { stepId } = context;
        effects[stepId] = context.undoes === null ? (effects[stepId] ?? 0) + 1 : 0;
        return service.participant.handleIntent(intent, context);
      };
      return { ...service, participant: { ...service.participant, handleIntent }, effectsOf: () => effects };
    });
    await expect(sweepRepeats(sweptSaga(saga))).rejects.toThrow('forward/a: repeated: a has 2 effects, not 1');
  });

  it('notices an undo that undoes nothing', async () => {
    const saga = spoilt((service) => {
      const effects: Record<string, number> = {};
      return {
        ...service,
        participant: {
          ...service.participant,
          handleIntent: (intent, context) => {
            effects[context.stepId] = 1;
            return service.participant.handleIntent(intent, context);
          },
        },
        effectsOf: () => effects,
      };
    });
    await expect(sweepFailures(sweptSaga(saga))).rejects.toThrow('forward/b fails (final): a has 1 effects, not 0');
  });

  it('notices something left behind that no step answers for', async () => {
    const saga = spoilt((service) => {
      let calls = 0;
      return {
        ...service,
        participant: {
          ...service.participant,
          handleIntent: (intent, context) => {
            calls += 1;
            return service.participant.handleIntent(intent, context);
          },
        },
        seen: () => calls,
      };
    });
    await expect(sweepFailures(sweptSaga(saga))).rejects.toThrow('something can still be seen of it');
  });

  it('passes on what a service finds wrong in itself', async () => {
    const saga = {
      ...samples.sequential,
      services: () => [{ ...sampleService({ plan: null }), faults: () => ['two owners'] }],
    };
    await expect(sweepCrashes(sweptSaga({ ...saga, intentType: 'demo.work' }))).rejects.toThrow('two owners');
  });
});
