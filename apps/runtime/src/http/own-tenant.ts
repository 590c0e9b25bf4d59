import { FailureError, failure, type Principal } from '@intendant/intent-model';
import { isIdOf } from '@intendant/kernel';
import type { IndexedWal } from '@intendant/wal';

const PREFIXES = { execution: 'exe', session: 'ses' } as const;

/**
 * Throws `not_found` unless the stream of this id is of the caller's tenant. Another tenant's and a missing one answer alike, after
 * the same look-up: what a stream holds is not read before, so that a stranger neither pays for it in time nor lets others wait.
 */
export async function requireOwnTenant(
  { wal }: { readonly wal: Pick<IndexedWal, 'tenantOfStream'> },
  { tenantId }: Principal,
  kind: keyof typeof PREFIXES,
  id: string,
): Promise<void> {
  const owner = isIdOf(PREFIXES[kind], id) ? await wal.tenantOfStream(id) : undefined;
  if (owner !== tenantId) throw new FailureError(failure('not_found', `no such ${kind}`));
}
