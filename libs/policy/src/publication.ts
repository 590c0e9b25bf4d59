import { type Failure, failure } from '@intendant/intent-model';
import type { ReadBundle } from './read-bundle.js';

/** A tenant's revision as it is stored. */
export interface StoredRevision {
  readonly revision: number;
  readonly digest: string;
}

/**
 * Whether a bundle may follow the current revision: `store` it, `unchanged` when it is the current one (publishing is
 * idempotent), or why not. A revision means one content for ever.
 */
export function judgePublication(
  tenantId: string,
  candidate: ReadBundle,
  current: StoredRevision | null,
): 'store' | 'unchanged' | Failure {
  const { revision, tenantId: named } = candidate.bundle;
  if (named !== tenantId)
    return failure('policy_invalid', 'the bundle names another tenant than the publication', {
      field: '/bundle/tenantId',
      remedy: 'Publish the bundle for the tenant it names.',
      extra: { problems: [{ pointer: '/tenantId', message: 'is not the tenant of the publication' }] },
    });
  if (current === null || revision > current.revision) return 'store';
  if (revision === current.revision && candidate.digest === current.digest) return 'unchanged';
  const detail =
    revision === current.revision
      ? `revision ${revision} exists with other content`
      : `revision ${revision} is not above the current revision ${current.revision}`;
  return failure('policy_conflict', detail, {
    field: '/bundle/revision',
    remedy: `Publish with revision ${current.revision + 1} or above.`,
    extra: { currentRevision: current.revision, currentDigest: current.digest },
  });
}
