import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { StepFailure } from '@intendant/participant';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { SagaWorld } from './saga-world.js';

const NOTHING: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };

/** A saga of two steps whose second one always fails for good, and intents that fail for good until they are repaired. */
function worldOf(recovery: 'compensate' | 'pause', ...broken: string[]) {
  const out = new Set(['demo.second', ...broken]);
  const compensation = { intent: 'demo.undo' };
  const steps = [
    { stepId: 'first', intent: 'demo.first', compensation },
    { stepId: 'second', intent: 'demo.second', dependsOn: ['first'], compensation },
  ];
  const world = new SagaWorld([
    {
      service: 'demo',
      capabilities: [
        demoCapability('demo.saga', { recovery, plan: { steps } }),
        ...['demo.first', 'demo.second', 'demo.undo'].map((name) => demoCapability(name)),
      ],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.first', 'demo.second', 'demo.undo'],
        handleIntent: async ({ intentType }: Intent) => {
          if (out.has(intentType)) throw new StepFailure('broken', 'for good');
          return NOTHING;
        },
      },
    },
  ]);
  return { world, repair: (intentType: string) => out.delete(intentType) };
}

describe('what failed for good runs again, in the same process, once somebody repaired it and asks for it', () => {
  it('an undo', async () => {
    const { world, repair } = worldOf('compensate', 'demo.undo');
    await world.start();
    const id = await world.submit('demo.saga', {});
    expect((await world.untilSettled()).status).toBe('stuck');
    repair('demo.undo');
    await world.process.supervisor.signal(id, world.signal('retry_step', { stepId: 'first' }));
    expect((await world.untilSettled()).status).toBe('compensated');
  });

  it('a step', async () => {
    const { world, repair } = worldOf('pause');
    await world.start();
    const id = await world.submit('demo.saga', {});
    expect((await world.untilSettled()).status).toBe('paused');
    repair('demo.second');
    await world.process.supervisor.signal(id, world.signal('retry_step', { stepId: 'second' }));
    await world.process.supervisor.signal(id, world.signal('resume'));
    expect((await world.untilSettled()).status).toBe('completed');
  });
});
