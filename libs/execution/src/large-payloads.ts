import {
  type ContentDescriptor,
  contentRefOf,
  type ParticipantResult,
  type StoredArtifact,
} from '@intendant/intent-model';
import { canonicalJson, sha256Hex } from '@intendant/kernel';
import { planStepOf, pointersIn } from '@intendant/saga';
import { planOf } from './plan-of.js';
import type { ExecutionState } from './state.js';

/** Characters of an artifact's payload, as JSON, that the log holds itself. */
export const INLINE_CHARS_MAX = 256 * 1_024;

export interface MovedPayload {
  readonly content: ContentDescriptor;
  readonly bytes: Buffer;
}

/**
 * A result as it is recorded: payloads that are too large for the log are content, which has to be stored before. What
 * something else in the log is made of stays: results that inputs of a plan name, and those a parent is told.
 */
export function withoutLargePayloads(
  state: ExecutionState,
  stepId: string,
  result: ParticipantResult,
): { readonly result: ParticipantResult; readonly moved: readonly MovedPayload[] } {
  const isLarge = (artifact: StoredArtifact): boolean =>
    JSON.stringify(artifact.semanticPayload).length > INLINE_CHARS_MAX;
  if (!result.artifacts.some(isLarge) || isReadInTheLog(state, stepId)) return { result, moved: [] };
  const moved: MovedPayload[] = [];
  const artifacts = result.artifacts.map((artifact): StoredArtifact => {
    if (!isLarge(artifact)) return artifact;
    const { artifactId, parents, renderings, resultType } = artifact;
    const bytes = Buffer.from(canonicalJson(artifact.semanticPayload));
    const sha256 = sha256Hex(bytes);
    const content = { ref: contentRefOf(sha256), sha256, sizeBytes: bytes.length };
    moved.push({ content, bytes });
    return { artifactId, parents, renderings, resultType, semanticContent: content, semanticPayload: {} };
  });
  return { result: { ...result, artifacts }, moved };
}

function isReadInTheLog(state: ExecutionState, stepId: string): boolean {
  if (typeof state.intent?.metadata['parentExecutionId'] === 'string') return true;
  const plan = planOf(state);
  const at = `/steps/${planStepOf(plan, stepId)?.step.stepId ?? stepId}`;
  const pointers = plan.steps.flatMap(({ input, compensation, forEach }) => [
    ...pointersIn(input as never),
    ...pointersIn(compensation?.input as never),
    ...(forEach === undefined ? [] : [forEach.items]),
  ]);
  return pointers.some((pointer) => pointer === '/steps' || pointer === at || pointer.startsWith(`${at}/`));
}
