import type { Intent, ParticipantResult } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import type { CapabilityInput, HandlerContext, SagaContext } from '@intendant/participant';
import type { SweptService } from '../swept-saga.js';
import { EffectStore } from './effect-store.js';

const OPEN = { type: 'object' };

export const capability = (name: string, more: Partial<CapabilityInput> = {}): CapabilityInput => ({
  name,
  version: '1.0.0',
  realm: 'demo',
  intents: [name],
  inputContract: OPEN,
  outputContract: OPEN,
  determinism: 'deterministic',
  sideEffects: 'idempotent',
  timeoutMs: 10_000,
  retry: { attemptsMax: 3, initialMs: 100, factor: 2, capMs: 1_000, nonRetryableCodes: [] },
  ...more,
});

export const resultOf = (data: { readonly [name: string]: JsonValue } = {}): ParticipantResult => ({
  artifacts: [],
  events: [{ eventType: 'demo.done', data: data as Record<string, never> }],
  stateChanges: [],
});

export type SampleHandler = (intent: Intent, context: SagaContext, store: EffectStore) => Promise<ParticipantResult>;

/** `demo.work` has an effect, `demo.look` has none, `demo.park` is parked when its outcome is unknown, `demo.undo` undoes. */
export function sampleService(saga: Partial<CapabilityInput>, handler?: SampleHandler): SweptService {
  const store = new EffectStore();
  const capabilities = [
    capability('demo.saga', saga),
    capability('demo.work'),
    capability('demo.look', { sideEffects: 'none' }),
    capability('demo.park', { sideEffects: 'effectful', unknownOutcome: 'park' }),
    capability('demo.undo'),
    capability('demo.child'),
  ];
  return {
    service: 'demo',
    capabilities,
    participant: {
      getSupportedIntents: () => capabilities.map((one) => one.name),
      handleIntent: async (intent, context) => answer(store, intent, context),
      ...(handler && { handleSaga: (intent: Intent, context: SagaContext) => handler(intent, context, store) }),
    },
    effectsOf: (executionId) => store.of(executionId),
    seen: () => store.seen(),
  };
}

function answer(store: EffectStore, intent: Intent, context: HandlerContext): ParticipantResult {
  if (context.undoes !== null) {
    store.undo({ ...context, idempotencyKey: context.undoes.idempotencyKey });
    return resultOf({ undone: context.stepId });
  }
  if (intent.intentType !== 'demo.look') store.apply(context);
  return resultOf({ did: context.stepId, items: [1, 2, 3] });
}
