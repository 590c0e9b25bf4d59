import fc from 'fast-check';
import type { ExecutionCommand } from '../commands.js';
import { type Effect, effects } from '../effects.js';
import { judgeSignal } from '../judge-signal.js';
import { planOf } from '../plan-of.js';
import type { ExecutionState } from '../state.js';
import type { History } from './history.js';
import { broke, done, signal } from './saga-commands.js';
import { NOW_MS } from './sample-commands.js';

const SIGNALS = [
  'pause',
  'resume',
  'cancel',
  'compensate',
  'retry_step',
  'skip_step',
  'resolve_step',
  'update_params',
  'emergency_stop',
] as const;

/** One thing that the world does next: to something that is owed, or by a person. */
export interface Turn {
  readonly pick: number;
  readonly what: 'succeeds' | 'fails' | 'fails_for_good' | 'unknown' | 'again' | 'signal';
  readonly signalType: (typeof SIGNALS)[number];
}

/** What the world does, turn by turn, whatever it is asked. */
export const anyTape: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({
    pick: fc.nat(20),
    what: fc.oneof(
      { weight: 10, arbitrary: fc.constant('succeeds' as const) },
      { weight: 8, arbitrary: fc.constantFrom('fails' as const, 'fails_for_good' as const, 'unknown' as const) },
      { weight: 6, arbitrary: fc.constantFrom('again' as const, 'signal' as const, 'signal' as const) },
    ),
    signalType: fc.constantFrom(...SIGNALS),
  }),
  { maxLength: 40, size: 'max' },
);

/** Plays the tape: each turn meets what is owed then. Commands that may not be are left out, as the supervisor does. */
export function play(history: History, tape: readonly Turn[]): void {
  let last: ExecutionCommand | null = null;
  for (const turn of tape) {
    const command: ExecutionCommand | null = turn.what === 'again' ? last : commandOf(history.state, turn);
    if (command === null || (command.kind === 'signal' && judgeSignal(history.state, command) !== null)) continue;
    last = command.kind === 'signal' ? null : command;
    history.perform(command);
  }
}

function commandOf(state: ExecutionState, { pick, what, signalType }: Turn): ExecutionCommand | null {
  if (what === 'signal') {
    const ids = [...Array.from(state.steps, (step) => step.stepId), ...planOf(state).steps.map((step) => step.stepId)];
    const stepId = ids[pick % Math.max(1, ids.length)] ?? 's0';
    const payload = { stepId, outcome: pick % 2 === 0 ? 'succeeded' : 'failed', params: { extra: pick } };
    return signal(signalType, payload);
  }
  const owed = effects(state);
  const effect = owed[pick % Math.max(1, owed.length)];
  return effect === undefined ? null : answerTo(effect, what);
}

function answerTo(effect: Effect, what: Turn['what']): ExecutionCommand | null {
  if (effect.kind === 'timer') return { kind: 'timer_fired', timerId: effect.timerId, nowMs: NOW_MS };
  if (effect.kind === 'child') return null;
  const { step, direction } = effect;
  const attempt = direction === 'undo' ? (step.undo?.attempt ?? 1) : step.attempt;
  if (what === 'succeeds' || what === 'again') return { ...done(step.stepId, attempt), direction };
  const outcome = what === 'unknown' ? ('unknown' as const) : ('definite' as const);
  return broke(step.stepId, { attempt, direction, outcome, retryable: what !== 'fails_for_good' });
}

const ROUNDS_MAX = 500;

/** Everything that is owed goes well from now on, and who paused it lets it go on; until nothing is owed any more. */
export function driveToTheEnd(history: History): void {
  let resumed = false;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const [effect] = effects(history.state);
    if (effect !== undefined) history.perform(answerTo(effect, 'succeeds') as ExecutionCommand);
    else if (history.state.status === 'paused' && !resumed) {
      resumed = true;
      history.perform(signal('resume'));
    } else return;
  }
  throw new Error(`it never comes to an end: ${history.state.status}`);
}
