import { type ContentDescriptor, contentRefOf, type ParticipantResult } from '@intendant/intent-model';
import type { ArtifactStore } from './artifact-store.js';

export type KeptContent = Pick<ArtifactStore, 'sizeOf'>;

export const contentsNamedBy = ({ artifacts }: ParticipantResult): readonly ContentDescriptor[] =>
  artifacts.flatMap(({ renderings }) => renderings.map(({ content }) => content));

/**
 * Why one of these is not kept as it is named, or null. What a result names becomes its user's: of bytes that nobody has
 * stored yet that would be whoever stores them next.
 */
export async function keptOtherwise(
  tenantId: string,
  contents: readonly ContentDescriptor[],
  store: KeptContent,
): Promise<string | null> {
  for (const { ref, sha256, sizeBytes } of contents) {
    if (ref !== contentRefOf(sha256)) return `the result names content by another digest: ${ref}`;
    const keptBytes = await store.sizeOf(tenantId, sha256);
    if (keptBytes === null) return `the result names content that nobody stored: ${ref}`;
    if (keptBytes !== sizeBytes) return `the result says ${sizeBytes} bytes of content that has ${keptBytes}: ${ref}`;
  }
  return null;
}
