import type { ExecutionState, SignalCommand } from '@intendant/execution';
import {
  contentRefOf,
  type Failure,
  failure,
  ParticipantResult,
  resultChars,
  resultSizeFault,
} from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import type { ContractValidators } from '@intendant/registry';
import { contentsNamedBy, type KeptContent, keptOtherwise } from '../content/named-content.js';
import type { ReferenceBook } from '../intake/references.js';

/** What a result is held to, whoever tells it: the participant, or a person who found out. */
export interface ResultBounds {
  readonly validators: Pick<ContractValidators, 'has' | 'validateOutput'>;
  readonly references: Pick<ReferenceBook, 'isAnothers'>;
  readonly content: KeptContent;
}

const AT = '/payload/result';

/** Why the result that `senderId` resolves a step with would not have been taken from its participant; null when it would. */
export async function resolvedResultFault(
  state: ExecutionState,
  { payload }: Pick<SignalCommand, 'payload'>,
  senderId: string,
  { validators, references, content }: ResultBounds,
): Promise<Failure | null> {
  const refuse = (detail: string, at = '') => failure('signal_invalid_payload', detail, { field: `${AT}${at}` });
  const { success, data: result } = ParticipantResult.safeParse(payload['result']);
  if (!success) return null;
  const tooLarge = resultSizeFault(resultChars(result));
  if (tooLarge !== null) return refuse(tooLarge);
  const digest = digestOfStep(state, payload['stepId']);
  const fault = validators.has(digest) ? validators.validateOutput(digest, result) : null;
  if (fault !== null) return refuse(`the result breaks the output contract: ${fault.message}`, fault.pointer);
  const { tenantId = '', userId = '' } = state.intent ?? {};
  // what an artifact names becomes the submitter's: the sender may give what is the sender's own, and nothing else
  const isTaken = (ref: string): boolean =>
    [userId, senderId].every((owner) => references.isAnothers(tenantId, owner, ref));
  for (const [index, { renderings }] of result.artifacts.entries())
    for (const [position, { content: named }] of renderings.entries())
      if (isTaken(named.ref) || isTaken(contentRefOf(named.sha256)))
        return refuse(
          'the result names content of somebody else',
          `/artifacts/${index}/renderings/${position}/content`,
        );
  const unkept = await keptOtherwise(tenantId, contentsNamedBy(result), content);
  return unkept === null ? null : refuse(unkept);
}

function digestOfStep({ capabilities, steps }: ExecutionState, stepId: JsonValue | undefined): string {
  const name = typeof stepId === 'string' ? steps.get(stepId)?.capability.name : undefined;
  return capabilities.find((one) => one.name === name)?.digest ?? '';
}
