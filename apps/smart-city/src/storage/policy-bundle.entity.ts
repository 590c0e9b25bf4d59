import { Check, Column, Entity, PrimaryColumn, Unique } from 'typeorm';

export const SCHEMA = 'smart_city';

/** One published revision. Rows are only ever added; the active revision of a tenant is its highest. */
@Entity({ schema: SCHEMA, name: 'policy_bundle' })
@Unique('uq_policy_bundle_tenant_digest', ['tenantId', 'digest'])
@Check('ck_policy_bundle_revision', '"revision" > 0')
export class PolicyBundleRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, primaryKeyConstraintName: 'pk_policy_bundle' })
  tenantId!: string;

  @PrimaryColumn({ name: 'revision', type: 'integer', primaryKeyConstraintName: 'pk_policy_bundle' })
  revision!: number;

  /** SHA-256 over the canonical JSON of `document`. */
  @Column({ name: 'digest', type: 'char', length: 64 })
  digest!: string;

  @Column({ name: 'document', type: 'jsonb' })
  document!: object;

  @Column({ name: 'published_by', type: 'varchar', length: 128 })
  publishedBy!: string;

  @Column({ name: 'published_at', type: 'timestamptz', precision: 3 })
  publishedAt!: Date;
}
