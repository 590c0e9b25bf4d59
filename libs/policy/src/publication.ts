import { type Failure, failure, PLATFORM_REALM, type PolicyBundle } from '@intendant/intent-model';
import type { ReadBundle } from './read-bundle.js';
import { reachOfRoles } from './role-inheritance.js';

/** A tenant's revision as it is stored. */
export interface StoredRevision {
  readonly revision: number;
  readonly digest: string;
}

const PUBLISH = 'policy.publish';

/**
 * Whether any of the bundle's roles may publish the next one. A principal with several roles may only where one of them
 * alone may: what the others add denies. Who holds which role, and whose tokens carry a mode of the bundle, it cannot say.
 */
function somebodyMayPublish({ roles, rules }: PolicyBundle): boolean {
  const concerning = rules.filter(
    ({ realm, action }) => [PUBLISH, 'policy.*', '*'].includes(action) && ['*', PLATFORM_REALM].includes(realm),
  );
  return [...reachOfRoles(roles).values()].some((reach) => {
    const effects = concerning.filter(({ role }) => reach.has(role)).map(({ effect }) => effect);
    return effects.includes('allow') && !effects.includes('deny');
  });
}

const lockedOut = (): Failure =>
  failure('policy_invalid', `no role may ${PUBLISH} any more, so that this policy could never be replaced`, {
    field: '/bundle/rules',
    remedy: `Allow a role ${PUBLISH} in realm ${PLATFORM_REALM}, and deny it to nothing that the role inherits.`,
    extra: { problems: [{ pointer: '/rules', message: `no role may ${PUBLISH}` }] },
  });

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
  if (current === null) return 'store';
  if (revision > current.revision) return somebodyMayPublish(candidate.bundle) ? 'store' : lockedOut();
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
