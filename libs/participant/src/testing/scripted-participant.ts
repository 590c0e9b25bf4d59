import { randomBytes } from 'node:crypto';
import type { Intent, ParticipantCall, ParticipantResult } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import type { CapabilityInput } from '../nest/participant.module.js';
import type { HandlerContext, RuntimeParticipant } from '../participant.js';

export const PROBE_INTENT = 'content.probe';

/** The capability that the suite's participant serves. */
export const PROBE_CAPABILITY: CapabilityInput = {
  name: PROBE_INTENT,
  version: '1.0.0',
  realm: 'content',
  intents: [PROBE_INTENT],
  inputContract: { type: 'object', properties: { script: { type: 'string' } }, required: ['script'] },
  outputContract: { type: 'object', required: ['artifacts', 'events', 'stateChanges'] },
  determinism: 'deterministic',
  sideEffects: 'none',
};

type Script = (intent: Intent, context: HandlerContext) => Promise<unknown>;

/** Runs for each intent the script that its payload names, and counts the runs. */
export class ScriptedParticipant implements RuntimeParticipant {
  readonly #scripts = new Map<string, { script: Script; runs: number }>();

  getSupportedIntents(): readonly string[] {
    return [PROBE_INTENT];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const name = intent.payload.script;
    const entry = typeof name === 'string' ? this.#scripts.get(name) : undefined;
    if (entry === undefined) throw new Error('no such script');
    entry.runs += 1;
    return (await entry.script(intent, context)) as ParticipantResult;
  }

  /** A call that runs this script, and how often the script has run. */
  script(script: Script): { call: ParticipantCall; runs: () => number } {
    const name = randomBytes(8).toString('hex');
    const entry = { script, runs: 0 };
    this.#scripts.set(name, entry);
    return { call: sampleCall({ script: name }), runs: () => entry.runs };
  }
}

/** A result whose only event carries `data`. */
export const resultOf = (data: Record<string, string | number> = {}): ParticipantResult => ({
  artifacts: [],
  events: [{ eventType: 'content.probed', data }],
  stateChanges: [],
});

/** A well-formed call with a key of its own. */
export function sampleCall(payload: Record<string, string>): ParticipantCall {
  return {
    callToken: { epoch: 1, n: 1 },
    idempotencyKey: randomBytes(32).toString('hex'),
    executionId: `exe_${randomBytes(16).toString('hex')}`,
    stepId: 'main',
    direction: 'forward',
    undoes: null,
    logicalAttempt: 1,
    deliveryAttempt: 1,
    timeoutMs: 10_000,
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

/** A promise with its ends outside. */
export function gate<T = void>(): { opened: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
