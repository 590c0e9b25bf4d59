import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const SCHEMA = 'curator';

/** One registered version of a capability. Rows are only ever added: executions pin them. */
@Entity({ schema: SCHEMA, name: 'capability' })
@Index('ix_capability_service', ['service'])
@Check('ck_capability_digest', `"digest" ~ '^[0-9a-f]{64}$'`)
export class CapabilityRow {
  @PrimaryColumn({ name: 'name', type: 'varchar', length: 129, primaryKeyConstraintName: 'pk_capability' })
  name!: string;

  @PrimaryColumn({ name: 'version', type: 'varchar', length: 20, primaryKeyConstraintName: 'pk_capability' })
  version!: string;

  /** SHA-256 over the canonical JSON of `document`. */
  @Column({ name: 'digest', type: 'char', length: 64 })
  digest!: string;

  /** The capability definition as its service wrote it. */
  @Column({ name: 'document', type: 'jsonb' })
  document!: object;

  @Column({ name: 'service', type: 'varchar', length: 128 })
  service!: string;

  @Column({ name: 'registered_at', type: 'timestamptz', precision: 3 })
  registeredAt!: Date;
}
