// A domain service with a plan: book a trip in three steps, each of which a test can hold or lose by putting a file down.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runParticipant, StepFailure } from '@intendant/participant';

const STEP = {
  version: '1.0.0',
  realm: 'bench',
  inputContract: { type: 'object' },
  outputContract: { type: 'object' },
  determinism: 'deterministic',
  sideEffects: 'effectful',
  retry: { attemptsMax: 1 },
  // what a closed gate holds is held for as long as a test takes
  timeoutMs: 240_000,
};

const step = (name, more = {}) => ({ ...STEP, name: `bench.${name}`, intents: [`bench.${name}`], ...more });
const undo = { intent: 'bench.release', retry: { attemptsMax: 1 } };

const capabilities = [
  step('reserve'),
  step('pay', { unknownOutcome: 'park' }),
  step('ticket'),
  step('release'),
  step('trip', {
    plan: {
      steps: [
        { stepId: 'reserve', intent: 'bench.reserve', compensation: undo },
        { stepId: 'pay', intent: 'bench.pay', dependsOn: ['reserve'], compensation: undo },
        { stepId: 'ticket', intent: 'bench.ticket', dependsOn: ['pay'] },
      ],
    },
  }),
];

/** What ends as if it had been cut off when its gate is closed: nobody knows its outcome then. */
const CUT_OFF = 'bench.pay';

/** While this file is there the other handlers do not end, until they are told to. */
const gateOf = (intent) =>
  join(process.env.INTENDANT_DATA_DIR, `gate-${intent.payload.name}-${intent.intentType.split('.')[1]}`);

class Trips {
  getSupportedIntents() {
    return capabilities.map(({ name }) => name);
  }

  async handleIntent(intent, { signal, stepId, direction }) {
    while (existsSync(gateOf(intent))) {
      if (signal.aborted || intent.intentType === CUT_OFF)
        throw new StepFailure('cancelled', 'told to stop', { retryable: true });
      await pause(10);
    }
    return { artifacts: [], events: [{ eventType: 'bench.stepped', data: { stepId, direction } }], stateChanges: [] };
  }
}

await runParticipant({ service: 'bench', participant: Trips, capabilities });
