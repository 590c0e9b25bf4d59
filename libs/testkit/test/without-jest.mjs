import assert from 'node:assert/strict';
import test from 'node:test';
import { StepFailure } from '@intendant/participant';
import { sweepFailures } from '@intendant/saga/testing';
import { SagaWorld, sweptSaga } from '@intendant/testkit';

const nothing = { artifacts: [], events: [], stateChanges: [] };
const capability = (name, more = {}) => ({
  name,
  version: '1.0.0',
  realm: 'demo',
  intents: [name],
  inputContract: { type: 'object' },
  outputContract: { type: 'object' },
  determinism: 'deterministic',
  sideEffects: 'idempotent',
  ...more,
});
const services = () => [
  {
    service: 'demo',
    capabilities: [capability('demo.saga', { durable: true }), capability('demo.undo')],
    participant: {
      getSupportedIntents: () => ['demo.saga', 'demo.undo'],
      handleIntent: async () => nothing,
      handleSaga: async (intent, ctx) => {
        await ctx.step('a', async () => 1, { compensate: { intent: 'demo.undo', input: {} } });
        if (intent.payload.fails) throw new StepFailure('broken', 'asked to fail');
        return nothing;
      },
    },
  },
];

void test('a world ends a saga, and undoes one that fails', async () => {
  for (const [fails, expected] of [
    [false, 'completed'],
    [true, 'compensated'],
  ]) {
    const world = new SagaWorld(services());
    await world.start();
    await world.submit('demo.saga', { fails });
    assert.equal((await world.untilSettled()).status, expected);
  }
});

void test('a sweep says what it tried', async () => {
  const saga = sweptSaga({ name: 'demo', services, intentType: 'demo.saga', payload: {} });
  assert.ok((await sweepFailures(saga)).trials > 0);
});
