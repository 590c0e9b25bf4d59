import type { CallTerms, ExecutionState } from '@intendant/execution';
import type { JsonObject } from '@intendant/kernel';
import { referencesIn } from '../intake/references.js';
import type { RegistryView } from '../registry/registry-view.js';

/**
 * The references that one call may use: what the decision allowed; a step of a plan gets of that, and of what the execution
 * itself has produced, only what its own input names.
 */
export function allowedReferencesOf(
  { index }: Pick<RegistryView, 'index'>,
  state: ExecutionState,
  call: CallTerms,
): readonly string[] {
  const allowed = state.decision?.obligations?.allowedReferences ?? [];
  if (call.intent === state.intent) return allowed;
  const known = referencesOf(state);
  const capability = index.capability(call.capability.name, call.capability.version);
  const named = referencesIn(call.intent.payload as JsonObject, capability?.dataReferences ?? []);
  const undone = call.undoes?.result?.artifacts.map((artifact) => artifact.artifactId) ?? [];
  return [...new Set([...named.map((one) => one.reference), ...undone])].filter((reference) => known.has(reference));
}

/** What the decision allowed, and what the execution itself has produced. */
export function referencesOf(state: ExecutionState): ReadonlySet<string> {
  const known = new Set(state.decision?.obligations?.allowedReferences);
  for (const { artifact } of state.artifacts) {
    known.add(artifact.artifactId);
    for (const { content } of artifact.renderings) known.add(content.ref);
  }
  return known;
}
