import type { CallOutcome, JournalCommand, JournalEntry } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import type { JournalPort } from '../durable/journal-port.js';
import type { SagaContext } from '../durable/saga-context.js';
import type { RuntimeParticipant } from '../participant.js';
import { ParticipantEndpoint } from '../participant-endpoint.js';
import { PROBE_INTENT, sampleCall } from './behaviour.js';

const NOTHING = { artifacts: [], events: [], stateChanges: [] };

/** Of the call, by a clock that is moved by hand. */
export const CALL_MS = 10_000;

const recorded: JournalPort['report'] = async () => ({ kind: 'recorded', entries: [], held: [] });

/** A saga as code, about to be called; whatever it reports is taken as recorded unless `answer` says else. */
export function sagaCall(
  handle: (ctx: SagaContext) => Promise<unknown>,
  answer: JournalPort['report'] = recorded,
  entries: JournalEntry[] = [],
) {
  const time = new ManualTime();
  const reports: (readonly JournalCommand[])[] = [];
  const participant: RuntimeParticipant = {
    getSupportedIntents: () => [PROBE_INTENT],
    handleIntent: () => Promise.reject(new Error('not called')),
    handleSaga: async (_intent, ctx) => {
      await handle(ctx);
      return NOTHING;
    },
  };
  const report: JournalPort['report'] = (commands) => {
    reports.push(commands);
    return answer(commands);
  };
  const unused = () => Promise.reject(new Error('not used'));
  const endpoint = new ParticipantEndpoint(participant, [{ name: PROBE_INTENT, version: '1.0.0' }], {
    clock: time,
    scheduler: time,
    dataPlane: () => ({ read: unused, write: unused, state: unused, report }),
    log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
  });
  const call = { ...sampleCall({}), timeoutMs: CALL_MS, journal: { version: 0, mode: 'run' as const, entries } };
  return { time, endpoint, reports, outcome: (): Promise<CallOutcome> => endpoint.call(call) };
}

/** What an outcome carries of the journal. */
export const commandsOf = (outcome: CallOutcome): readonly JournalCommand[] =>
  'commands' in outcome ? (outcome.commands ?? []) : [];
