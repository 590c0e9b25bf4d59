import type { ExecutionState } from '@intendant/execution';
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
  if (Buffer.byteLength(JSON.stringify(payload)) > bytesMax)
    return failure('body_too_large', `the payload would be larger than ${bytesMax} bytes`, {
      field: '/payload/params',
    });
  for (const { digest } of answeringCapabilities(state)) {
    const fault = validators.has(digest) ? validators.validateInput(digest, payload) : null;
    if (fault !== null) return failure('invalid_payload', fault.message, { field: `/payload/params${fault.pointer}` });
  }
  return null;
}

/** Of the capabilities that answer the intent itself: the first, or all that do so side by side. */
export function answeringCapabilities({ capabilities, intent, terms }: ExecutionState): readonly ResolvedCapability[] {
  const beside = terms?.plan?.steps.filter((step) => step.intent === intent?.intentType) ?? [];
  return capabilities.filter(
    ({ name }, position) => position === 0 || beside.some((step) => step.capability.name === name),
  );
}
