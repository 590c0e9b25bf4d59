import type { RuntimeParticipant, SagaContext } from '@intendant/participant';
import type { Faults } from './faults.js';

/** The participant with its actions in the hands of the world: every `step` of a saga as code passes by `onAction`. */
export function watched(participant: RuntimeParticipant, faults: () => Faults): RuntimeParticipant {
  const runs = participant.handleSaga?.bind(participant);
  return {
    getSupportedIntents: () => participant.getSupportedIntents(),
    handleIntent: (intent, context) => participant.handleIntent(intent, context),
    ...(runs === undefined ? {} : { handleSaga: (intent, context) => runs(intent, contextOf(context, faults)) }),
  };
}

function contextOf(context: SagaContext, faults: () => Faults): SagaContext {
  const step = ((id: string, action: Parameters<SagaContext['step']>[1], options?: object) =>
    context.step(
      id,
      (run) =>
        faults().onAction({ executionId: context.executionId, stepId: id, attempt: run.attempt }, () => action(run)),
      options,
    )) as SagaContext['step'];
  const all = ((branches: readonly ((branch: SagaContext) => Promise<unknown>)[]) =>
    context.all(
      branches.map((branch) => (inner: SagaContext) => branch(contextOf(inner, faults))),
    )) as SagaContext['all'];
  return Object.freeze({ ...context, step, all });
}
