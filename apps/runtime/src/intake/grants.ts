import type { GrantsReply } from '@intendant/intent-model';
import type { LogWriter } from '@intendant/partition';
import { grantsOf } from '@intendant/wal';

export type Grant = GrantsReply['grants'][number];

/** Grants of a reference as the fold of their stream, oldest first; with everything that was acknowledged before. */
export async function findGrants(log: LogWriter, tenantId: string, reference: string): Promise<readonly Grant[]> {
  const grants = new Map<string, Grant>();
  for (const entry of await log.readStream(grantsOf(tenantId, reference)))
    for (const record of entry.records) {
      if (record.type === 'grant.revoked') grants.delete(record.data.grantee);
      if (record.type !== 'grant.given') continue;
      const { grantee } = record.data;
      const grantedBy = record.actor.slice('user:'.length);
      grants.set(grantee, { grantee, grantedBy, grantedAt: record.occurredAt });
    }
  return [...grants.values()];
}
