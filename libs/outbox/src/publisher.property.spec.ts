import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CloudEvent } from './cloud-event.js';
import { SinkUnavailable } from './event-sink.js';
import { Publisher } from './publisher.js';
import { MemoryEventSink } from './testing/memory-event-sink.js';
import { MemoryLedger } from './testing/memory-ledger.js';
import { executionOf, OutboxLog } from './testing/outbox-log.js';

const PARTITIONS = 2;
const ATTEMPTS_MAX = 3;

/** What goes wrong in one turn: nothing, the broker is gone, it is gone after it took some, or the process ends before it notes. */
type Trouble = 'none' | 'down' | 'lost_answer' | 'crash';

const appends = fc.array(
  fc.record({
    partition: fc.nat(PARTITIONS - 1),
    execution: fc.nat(2),
    poison: fc.array(fc.boolean(), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 15 },
);
const troubles = fc.array(
  fc.record({
    kind: fc.constantFrom<Trouble>('none', 'down', 'lost_answer', 'crash'),
    /** Of a lost answer: so many events arrived. */
    arrived: fc.nat(3),
    /** Entries that come between this turn and the next. */
    appended: fc.nat(3),
  }),
  { maxLength: 20 },
);

class TroubledSink extends MemoryEventSink {
  trouble: Trouble = 'none';
  arrivedOfLost = 0;

  override async publish(events: readonly CloudEvent[]) {
    if (this.trouble === 'down') throw new SinkUnavailable('down');
    if (this.trouble !== 'lost_answer') return super.publish(events);
    await super.publish(events.slice(0, this.arrivedOfLost));
    throw new SinkUnavailable('the answer was lost');
  }
}

class CrashingLedger extends MemoryLedger {
  isCrashing = false;

  override async advance(...step: Parameters<MemoryLedger['advance']>): Promise<void> {
    if (this.isCrashing) throw new Error('the process ends here');
    return super.advance(...step);
  }
}

/** Runs the troubles one turn each, then turns without any until nothing moves; resolves with everything that came of it. */
async function publishThrough(
  toAppend: readonly { partition: number; execution: number; poison: readonly boolean[] }[],
  script: readonly { kind: Trouble; arrived: number; appended: number }[],
) {
  const log = new OutboxLog(PARTITIONS);
  const ledger = new CrashingLedger(PARTITIONS);
  const sink = new TroubledSink(10_000, ({ data }) => data['poison'] === true);
  const resume = () => Publisher.resume({ log, ledger, sink, attemptsMax: ATTEMPTS_MAX });
  const recorded: CloudEvent[] = [];
  const rest = [...toAppend];
  const append = async (count: number): Promise<void> => {
    for (const { partition, execution, poison } of rest.splice(0, count))
      recorded.push(...(await log.emit(executionOf(partition, execution), ...poison.map((is) => ({ poison: is })))));
  };
  let publisher = await resume();
  for (const { kind, arrived, appended } of script) {
    await append(appended);
    sink.trouble = kind;
    sink.arrivedOfLost = arrived;
    ledger.isCrashing = kind === 'crash';
    await publisher.turn().catch(async (error) => {
      if (!(error instanceof SinkUnavailable)) publisher = await resume();
    });
    await publisher.lookAhead();
  }
  await append(rest.length);
  sink.trouble = 'none';
  ledger.isCrashing = false;
  for (let turn = await publisher.turn(); turn.moved || turn.refused !== null; ) turn = await publisher.turn();
  return { recorded, sink, ledger, publisher };
}

describe('whatever goes wrong', () => {
  it('every event arrives at least once under its id, or is dead once; first arrivals are in order of their execution', async () => {
    await fc.assert(
      fc.asyncProperty(appends, troubles, async (toAppend, script) => {
        const { recorded, sink, ledger, publisher } = await publishThrough(toAppend, script);
        const isPoison = ({ data }: CloudEvent): boolean => data['poison'] === true;
        const firsts = new Map(
          sink.arrived.toReversed().map((event, index) => [event.id, sink.arrived.length - index]),
        );
        const arrivedOf = (subject: string): string[] =>
          [...firsts]
            .filter(([id]) => id.startsWith(`${subject}/`))
            .sort(([, first], [, second]) => first - second)
            .map(([id]) => id);
        for (const subject of new Set(recorded.map((event) => event.subject))) {
          const own = recorded.filter((event) => event.subject === subject && !isPoison(event));
          expect(arrivedOf(subject)).toEqual(own.map(({ id }) => id));
        }
        const dead = ledger.dead.map(({ event }) => event.id);
        expect(dead.toSorted()).toEqual(
          recorded
            .filter(isPoison)
            .map(({ id }) => id)
            .toSorted(),
        );
        expect(ledger.dead.every(({ attempts }) => attempts === ATTEMPTS_MAX)).toBe(true);
        expect(publisher.pendingEvents).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
