import { randomBytes } from 'node:crypto';
import type { JournalCommand, ParticipantCall } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import type { CapabilityInput } from '../definitions-of.js';

export const PROBE_INTENT = 'content.probe';
export const PROBE_SAGA_INTENT = 'content.probe_saga';

type Undo = NonNullable<Extract<JournalCommand, { op: 'step_start' }>['compensate']>;

/**
 * One thing that the participant under test is told to do. Plain data, so that a participant in another process and
 * another language does the same; what it learns on the way it tells in the data of its result's one event.
 */
export type Act =
  /** Writes this text as content: the suite sees that the handler came here, and may keep it waiting. */
  | { readonly do: 'gate'; readonly gate: string }
  /** Waits for its abort, and ends with it. */
  | { readonly do: 'until_aborted' }
  /** Does not listen to anybody for a while. */
  | { readonly do: 'busy'; readonly ms: number }
  /** Fails with a code; `details` get the number of the run. */
  | { readonly do: 'fail'; readonly code: string; readonly message: string; readonly retryable?: boolean }
  /** Throws an error of the language itself, with this text. */
  | { readonly do: 'throw'; readonly text: string }
  /** Ends with this in the place of a result. */
  | { readonly do: 'return'; readonly value: unknown }
  /** Ends with a result that holds a number that is none (NaN), which JSON cannot say. */
  | { readonly do: 'return_nan' }
  /** Tells these members of intent and context. */
  | { readonly do: 'tell'; readonly what: readonly string[] }
  /** Reads content: by `content://…`, or the first rendering of an artifact by its id. */
  | { readonly do: 'read'; readonly reference: string }
  | { readonly do: 'write'; readonly text: string }
  | { readonly do: 'state'; readonly scope: 'session' | 'execution'; readonly key: string }
  | SagaAct;

/** A value in the place of `value`: this character, so many times. */
interface Text {
  readonly character: string;
  readonly times: number;
}

/** What only a saga as code can be told. Each tells its value under its id. */
export type SagaAct =
  | ({
      readonly do: 'step';
      readonly id: string;
      /** What the action does before it returns `value`, or its key when there is none. */
      readonly acts?: readonly Act[];
      readonly value?: unknown;
      /** The action returns what JSON cannot say: a set, a function, whatever the language has. */
      readonly unsayable?: true;
      readonly compensate?: Undo;
      /** Goes on after a failure, and tells its code. */
      readonly caught?: boolean;
    } & Partial<Text>)
  | ({ readonly do: 'fact'; readonly id: string; readonly value?: unknown } & Partial<Text>)
  /** `durationMs` may be what no sleep takes. */
  | { readonly do: 'sleep'; readonly id: string; readonly durationMs: unknown }
  | { readonly do: 'await_signal'; readonly id: string; readonly timeoutMs?: number }
  | { readonly do: 'approval'; readonly id: string; readonly prompt: string; readonly timeoutMs: number }
  | {
      readonly do: 'child';
      readonly id: string;
      readonly intentType: string;
      readonly payload: object;
      readonly compensate?: Undo;
    }
  /** Tells what the saga says of the time, or of chance, under this id. */
  | { readonly do: 'now' | 'random'; readonly id: string }
  | { readonly do: 'state_get'; readonly id: string }
  | { readonly do: 'state_set'; readonly id: string; readonly value: unknown }
  /** Changes the value that it was handed under this id: it gets a member `spoilt`. */
  | { readonly do: 'spoil'; readonly id: string }
  /** Writes a word into the list `notes`, shared by all branches. */
  | { readonly do: 'note'; readonly word: string }
  | { readonly do: 'all'; readonly branches: readonly (readonly Act[])[] };

/** What the payload says: run n does `runs[n]`, every later one the last. */
export interface Behaviour {
  readonly script: string;
  readonly runs: readonly (readonly Act[])[];
}

const common = {
  version: '1.0.0',
  realm: 'content',
  inputContract: {
    type: 'object',
    properties: { script: { type: 'string' }, runs: { type: 'array' } },
    required: ['script'],
  },
  outputContract: { type: 'object', required: ['artifacts', 'events', 'stateChanges'] },
  determinism: 'deterministic',
  sideEffects: 'none',
} as const;

/** The capabilities that the suite's participant serves. */
export const PROBE_CAPABILITY: CapabilityInput = { ...common, name: PROBE_INTENT, intents: [PROBE_INTENT] };
export const PROBE_SAGA_CAPABILITY: CapabilityInput = {
  ...common,
  name: PROBE_SAGA_INTENT,
  intents: [PROBE_SAGA_INTENT],
  durable: true,
};

/** A call with a key of its own that makes the participant behave like this. */
export const behaving = (...runs: readonly (readonly Act[])[]): ParticipantCall =>
  sampleCall({ script: randomBytes(8).toString('hex'), runs: structuredClone(runs) as never });

/** The same for a saga as code; it does the same in every run. */
export function behavingSaga(...acts: readonly Act[]): ParticipantCall {
  const call = behaving(acts);
  const intent = { ...call.intent, intentType: PROBE_SAGA_INTENT };
  return {
    ...call,
    intent,
    capability: { ...call.capability, name: PROBE_SAGA_INTENT },
    journal: { version: 0, mode: 'run', entries: [] },
  };
}

/** A well-formed call with a key of its own. */
export function sampleCall(payload: ParticipantCall['intent']['payload']): ParticipantCall {
  return {
    callToken: { epoch: 1, n: 1 },
    idempotencyKey: randomBytes(32).toString('hex'),
    executionId: `exe_${randomBytes(16).toString('hex')}`,
    stepId: 'main',
    direction: 'forward',
    undoes: null,
    logicalAttempt: 1,
    deliveryAttempt: 1,
    timeoutMs: 60_000,
    capability: { name: PROBE_INTENT, version: '1.0.0' },
    intent: {
      intentId: '0190f3e4-7b1c-7cc3-9c55-1f4c3a2b1d00',
      intentType: PROBE_INTENT,
      realm: 'content',
      tenantId: 'acme',
      userId: 'ada',
      roles: ['analyst'],
      mode: 'standard',
      sessionId: `ses_${'0'.repeat(32)}`,
      payload,
      payloadDigest: digestOf(payload),
      metadata: {},
      solutionId: null,
      solutionContext: null,
      correlationId: 'correlation-1',
      createdAt: '2026-01-01T00:00:00.000Z',
    },
    references: [],
    boundaryContractId: null,
    dataPlane: { url: 'https://127.0.0.1:1', grant: 'none' },
    traceparent: null,
    journal: null,
  };
}
