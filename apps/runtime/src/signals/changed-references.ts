import { type ExecutionState, planOf, type SignalCommand } from '@intendant/execution';
import { type Failure, failure, type ResolvedCapability } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { referencesOf } from '../dispatch/allowed-references.js';
import { referencesIn } from '../intake/references.js';
import type { RegistryView } from '../registry/registry-view.js';
import { answeringCapabilities } from './changed-payload.js';

type Called = Pick<ResolvedCapability, 'name' | 'version'>;

/**
 * Why a change brings in a reference that nobody judged: the Data Steward decided once, about those that were submitted. At
 * the places of references a change may name those, and what the execution has produced; null when it does.
 */
export function changedReferencesFault(
  { index }: Pick<RegistryView, 'index'>,
  state: ExecutionState,
  { signalType, payload }: Pick<SignalCommand, 'signalType' | 'payload'>,
): Failure | null {
  const member = signalType === 'update_params' ? 'params' : 'override';
  const called: readonly Called[] =
    signalType === 'update_params'
      ? answeringCapabilities(state)
      : planOf(state).steps.flatMap((step) => (step.stepId === payload['stepId'] ? [step.capability] : []));
  const places = called.flatMap(({ name, version }) => index.capability(name, version)?.dataReferences ?? []);
  const known = referencesOf(state);
  const foreign = referencesIn(payload[member] as JsonObject, places).find(({ reference }) => !known.has(reference));
  if (foreign === undefined) return null;
  const field = `/payload/${member}${foreign.pointer}`;
  const detail = `The reference at ${field} was not submitted with the intent, and the execution has not produced it.`;
  return failure('data_access_denied', detail, { field, remedy: 'submit another intent with it' });
}
