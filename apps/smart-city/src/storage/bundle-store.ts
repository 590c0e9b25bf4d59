import type { Failure } from '@intendant/intent-model';
import { judgePublication, type ReadBundle, type StoredRevision } from '@intendant/policy';
import type { DataSource } from 'typeorm';
import { PolicyBundleRow } from './policy-bundle.entity.js';

/** First key of the advisory locks that make publications of one tenant queue up. */
const PUBLISH_LOCK = 0x5c_18;
/** Documents read by one query. */
const DOCUMENTS_PER_QUERY = 100;

/** A tenant's active revision. */
export interface Head extends StoredRevision {
  readonly tenantId: string;
}

export interface StoredDocument extends Head {
  readonly document: object;
}

/** The published bundles in PostgreSQL. */
export class BundleStore {
  constructor(private readonly database: DataSource) {}

  /** The active revision of every tenant that has one. */
  async heads(): Promise<Head[]> {
    return this.database
      .getRepository(PolicyBundleRow)
      .createQueryBuilder('bundle')
      .select(['bundle.tenantId', 'bundle.revision', 'bundle.digest'])
      .distinctOn(['bundle.tenant_id'])
      .orderBy({ 'bundle.tenant_id': 'ASC', 'bundle.revision': 'DESC' })
      .getMany();
  }

  async documents(heads: readonly Head[]): Promise<StoredDocument[]> {
    const found: StoredDocument[] = [];
    for (let start = 0; start < heads.length; start += DOCUMENTS_PER_QUERY) {
      const wanted = heads.slice(start, start + DOCUMENTS_PER_QUERY);
      const where = wanted.map(({ tenantId, revision }) => ({ tenantId, revision }));
      found.push(...(await this.database.getRepository(PolicyBundleRow).find({ where })));
    }
    return found;
  }

  /** Adds the bundle as the tenant's next revision, or says why not; nothing is stored in between. */
  async publish(tenantId: string, read: ReadBundle, publishedBy: string, publishedAt: Date): Promise<Failure | null> {
    return this.database.transaction(async (transaction) => {
      await transaction.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [PUBLISH_LOCK, tenantId]);
      const rows = transaction.getRepository(PolicyBundleRow);
      const current = await rows.findOne({
        select: { revision: true, digest: true, tenantId: true },
        where: { tenantId },
        order: { revision: 'DESC' },
      });
      const verdict = judgePublication(tenantId, read, current);
      if (verdict === 'unchanged') return null;
      if (verdict !== 'store') return verdict;
      const { bundle, digest } = read;
      const { revision } = bundle;
      await rows.insert({ tenantId, revision, digest, document: bundle, publishedBy, publishedAt });
      return null;
    });
  }
}
