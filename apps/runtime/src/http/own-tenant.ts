import { FailureError, failure, type Principal } from '@intendant/intent-model';
import { isIdOf } from '@intendant/kernel';
import type { IndexedWal } from '@intendant/wal';
import type { Platform } from '../platform/compose.js';

const PREFIXES = { execution: 'exe', session: 'ses' } as const;

/**
 * Throws `not_found` unless the stream of this id is of the caller's tenant. Another tenant's and a missing one answer alike, after
 * the same look-up: what a stream holds is not read before, so that a stranger neither pays for it in time nor lets others wait.
 * Only the log of the process tells them apart, and only once the caller is on the way to its answer.
 */
export async function requireOwnTenant(
  {
    wal,
    logger,
  }: { readonly wal: Pick<IndexedWal, 'tenantOfStream'>; readonly logger: Pick<Platform['logger'], 'warn'> },
  { tenantId }: Principal,
  kind: keyof typeof PREFIXES,
  id: string,
): Promise<void> {
  const owner = isIdOf(PREFIXES[kind], id) ? await wal.tenantOfStream(id) : undefined;
  if (owner === tenantId) return;
  if (owner !== undefined)
    setImmediate(() => logger.warn({ tenantId, kind, id }, 'a caller asked for what is another tenant’s'));
  throw new FailureError(failure('not_found', `no such ${kind}`));
}
