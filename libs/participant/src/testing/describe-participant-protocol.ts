import { afterAll, beforeAll, describe } from '@jest/globals';
import { BehavingParticipant } from './behaving-participant.js';
import { describeCalls } from './describe-calls.js';
import { describeContent } from './describe-content.js';
import { describeEnds } from './describe-ends.js';
import { describeJournal } from './describe-journal.js';
import { describeJournalEnds } from './describe-journal-ends.js';
import { describeJournalFailures } from './describe-journal-failures.js';
import { type HarnessFactory, ProtocolBench } from './protocol-port.js';

/**
 * The contract suite of the participant protocol: whatever receives calls from the Runtime must pass it, in whatever
 * language. What the participant is to do travels in the payload (`Behaviour`).
 */
export function describeParticipantProtocol(name: string, factory: HarnessFactory): void {
  describe(`participant protocol: ${name}`, () => {
    const bench = new ProtocolBench();
    beforeAll(() => bench.up(factory(new BehavingParticipant())));
    afterAll(() => bench.down());
    describeCalls(bench);
    describeEnds(bench);
    describeContent(bench);
    describeJournal(bench);
    describeJournalEnds(bench);
    describeJournalFailures(bench);
  });
}
