import { type ExecutionState, mergedOverride, type SignalCommand } from '@intendant/execution';
import { type Failure, failure, type ResolvedCapability } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import type { ContractValidators } from '@intendant/registry';

/** What a payload is held to when it is submitted, and whenever somebody changes it. */
export interface PayloadBounds {
  readonly validators: Pick<ContractValidators, 'has' | 'validateInput'>;
  readonly bytesMax: number;
}

/** Why a payload with `params` put over it would not have been accepted; null when it would. */
export function changedPayloadFault(
  state: ExecutionState,
  params: JsonObject,
  { validators, bytesMax }: PayloadBounds,
): Failure | null {
  const payload: JsonObject = { ...state.intent?.payload, ...state.params, ...params };
  const tooLarge = sizeFault('params', payload, bytesMax);
  if (tooLarge !== null) return tooLarge;
  for (const { digest } of answeringCapabilities(state)) {
    const fault = validators.has(digest) ? validators.validateInput(digest, payload) : null;
    if (fault !== null) return failure('invalid_payload', fault.message, { field: `/payload/params${fault.pointer}` });
  }
  return null;
}

/** Why an override, put over the ones before it, is more than what may be submitted; null when it is not. */
export const changedOverrideFault = (
  state: ExecutionState,
  { payload }: Pick<SignalCommand, 'payload'>,
  bytesMax: number,
): Failure | null => sizeFault('override', mergedOverride(state, payload), bytesMax);

const sizeFault = (member: 'params' | 'override', whole: JsonObject, bytesMax: number): Failure | null =>
  Buffer.byteLength(JSON.stringify(whole)) <= bytesMax
    ? null
    : failure('body_too_large', `with what came before it would be larger than ${bytesMax} bytes`, {
        field: `/payload/${member}`,
      });

/** Of the capabilities that answer the intent itself: the first, or all that do so side by side. */
export function answeringCapabilities({ capabilities, intent, terms }: ExecutionState): readonly ResolvedCapability[] {
  const beside = terms?.plan?.steps.filter((step) => step.intent === intent?.intentType) ?? [];
  return capabilities.filter(
    ({ name }, position) => position === 0 || beside.some((step) => step.capability.name === name),
  );
}
