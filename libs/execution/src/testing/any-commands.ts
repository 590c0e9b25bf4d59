import fc from 'fast-check';
import type { ExecutionCommand } from '../commands.js';
import { acceptCommand, failed, fired, sampleResult, succeeded, superseded } from './sample-commands.js';

const attempt = fc.integer({ min: 1, max: 5 });

const anyResult = fc
  .record({ artifacts: fc.nat(2), events: fc.nat(1), stateChanges: fc.nat(1) })
  .map(({ artifacts, events, stateChanges }) => {
    const all = sampleResult();
    return {
      artifacts: all.artifacts.slice(0, artifacts),
      events: all.events.slice(0, events),
      stateChanges: all.stateChanges.slice(0, stateChanges),
    };
  });

const anyAccept = fc
  .record({
    attemptsMax: fc.integer({ min: 1, max: 4 }),
    sideEffects: fc.constantFrom('none' as const, 'idempotent' as const, 'effectful' as const),
    unknownOutcome: fc.constantFrom('probe' as const, 'rerun' as const, 'park' as const),
    jitterSeed: fc.string({ maxLength: 8 }),
  })
  .map(({ attemptsMax, ...terms }) => {
    const { retry } = acceptCommand().terms;
    return acceptCommand({ ...terms, retry: { ...retry, attemptsMax } });
  });

const anyMove: fc.Arbitrary<ExecutionCommand> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(attempt, anyResult).map(([n, result]) => succeeded(n, result)) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        attempt,
        fc.record({ retryable: fc.boolean(), outcome: fc.constantFrom('definite' as const, 'unknown' as const) }),
      )
      .map(([n, how]) => failed(n, how)),
  },
  { weight: 5, arbitrary: attempt.map(fired) },
  { weight: 1, arbitrary: fc.nat(3).map(superseded) },
);

/** An acceptance and whatever may come after it, in any order, as often as it likes, a second acceptance included. */
export const anyCommands: fc.Arbitrary<readonly ExecutionCommand[]> = fc
  .tuple(
    anyAccept,
    fc.array(fc.oneof({ weight: 20, arbitrary: anyMove }, { weight: 1, arbitrary: anyAccept }), { maxLength: 40 }),
  )
  .map(([first, rest]) => [first, ...rest]);
