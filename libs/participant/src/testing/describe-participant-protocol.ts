import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeCalls } from './describe-calls.js';
import { describeContent } from './describe-content.js';
import { describeEnds } from './describe-ends.js';
import type { HarnessFactory, ProtocolBench, ProtocolHarness } from './protocol-port.js';
import { ScriptedParticipant } from './scripted-participant.js';

/** The contract suite of the participant protocol: whatever receives calls from the Runtime must pass it. */
export function describeParticipantProtocol(name: string, factory: HarnessFactory): void {
  describe(`participant protocol: ${name}`, () => {
    let harness: ProtocolHarness | undefined;
    const bench: ProtocolBench = {
      participant: new ScriptedParticipant(),
      harness: () => {
        if (harness === undefined) throw new Error('the harness is not up');
        return harness;
      },
    };
    beforeAll(async () => {
      harness = await factory(bench.participant);
    });
    afterAll(() => harness?.close());
    describeCalls(bench);
    describeEnds(bench);
    describeContent(bench);
  });
}
