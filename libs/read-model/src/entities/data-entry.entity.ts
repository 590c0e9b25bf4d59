import type { DescribedColumn } from '@intendant/intent-model';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { BYTE_ORDER, SCHEMA } from './schema.js';

const primaryKeyConstraintName = 'pk_data_entry';
const CHRONOLOGY = ['occurredAt', 'partition', 'position', 'seq', 'place'];

/** What a record says about one reference: that it was registered, or given to an execution to read. */
@Entity({ schema: SCHEMA, name: 'data_entry' })
@Index('ix_data_entry_reference', ['tenantId', 'reference', ...CHRONOLOGY])
@Index('ix_data_entry_execution', ['tenantId', 'executionId', 'basis'], { where: '"execution_id" IS NOT NULL' })
@Index('ix_data_entry_recent', ['tenantId', 'occurredAt', 'reference'], { where: `"basis" = 'registration'` })
@Index('ix_data_entry_user', ['tenantId', 'userId', 'occurredAt', 'reference'], {
  where: `"basis" = 'registration'`,
})
@Index('ix_data_entry_standing', ['tenantId', 'reference', 'userId'])
export class DataEntryRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, collation: BYTE_ORDER, primaryKeyConstraintName })
  tenantId!: string;

  @PrimaryColumn({ name: 'partition', type: 'integer', primaryKeyConstraintName })
  partition!: number;

  @PrimaryColumn({ name: 'position', type: 'bigint', primaryKeyConstraintName })
  position!: string;

  @PrimaryColumn({ name: 'seq', type: 'integer', primaryKeyConstraintName })
  seq!: number;

  /** Tells apart what one record says; 0 for the first. */
  @PrimaryColumn({ name: 'place', type: 'integer', primaryKeyConstraintName })
  place!: number;

  @Column({ name: 'occurred_at', type: 'timestamptz', precision: 3 })
  occurredAt!: Date;

  @Column({ name: 'stream_id', type: 'varchar', length: 256, collation: BYTE_ORDER })
  streamId!: string;

  @Column({ name: 'reference', type: 'varchar', length: 256, collation: BYTE_ORDER })
  reference!: string;

  @Column({ name: 'basis', type: 'varchar', length: 16, collation: BYTE_ORDER })
  basis!: 'registration' | 'given';

  /** Whose it is, or for whom the execution was that it was given to. */
  @Column({ name: 'user_id', type: 'varchar', length: 128, collation: BYTE_ORDER })
  userId!: string;

  @Column({ name: 'execution_id', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  executionId!: string | null;

  /** Of a registration. */
  @Column({ name: 'resource_class', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  resourceClass!: string | null;

  @Column({ name: 'content_ref', type: 'varchar', length: 80, collation: BYTE_ORDER, nullable: true })
  contentRef!: string | null;

  @Column({ name: 'size_bytes', type: 'bigint', nullable: true })
  sizeBytes!: string | null;

  @Column({ name: 'columns', type: 'jsonb' })
  columns!: DescribedColumn[];

  /** Sources that the registration names; those that can be references are rows of `data_source`. */
  @Column({ name: 'source_count', type: 'integer' })
  sourceCount!: number;

  /** Of what was given: the decision that allowed it, and where in the payload it stands. */
  @Column({ name: 'decision_id', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  decisionId!: string | null;

  @Column({ name: 'pointers', type: 'jsonb' })
  pointers!: string[];
}
