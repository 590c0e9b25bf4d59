import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { BYTE_ORDER, SCHEMA } from './schema.js';

const primaryKeyConstraintName = 'pk_data_source';

/** A reference that a registration names as one of its sources. */
@Entity({ schema: SCHEMA, name: 'data_source' })
@Index('ix_data_source_source', ['tenantId', 'source', 'occurredAt', 'partition', 'position', 'seq', 'place'])
@Index('ix_data_source_reference', ['tenantId', 'reference'])
@Index('ix_data_source_execution', ['tenantId', 'executionId'], { where: '"execution_id" IS NOT NULL' })
export class DataSourceRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, collation: BYTE_ORDER, primaryKeyConstraintName })
  tenantId!: string;

  @PrimaryColumn({ name: 'partition', type: 'integer', primaryKeyConstraintName })
  partition!: number;

  @PrimaryColumn({ name: 'position', type: 'bigint', primaryKeyConstraintName })
  position!: string;

  @PrimaryColumn({ name: 'seq', type: 'integer', primaryKeyConstraintName })
  seq!: number;

  /** Its place among the sources of the registration. */
  @PrimaryColumn({ name: 'place', type: 'integer', primaryKeyConstraintName })
  place!: number;

  @Column({ name: 'occurred_at', type: 'timestamptz', precision: 3 })
  occurredAt!: Date;

  @Column({ name: 'stream_id', type: 'varchar', length: 256, collation: BYTE_ORDER })
  streamId!: string;

  @Column({ name: 'source', type: 'varchar', length: 256, collation: BYTE_ORDER })
  source!: string;

  /** What was registered. */
  @Column({ name: 'reference', type: 'varchar', length: 256, collation: BYTE_ORDER })
  reference!: string;

  @Column({ name: 'user_id', type: 'varchar', length: 128, collation: BYTE_ORDER })
  userId!: string;

  @Column({ name: 'execution_id', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  executionId!: string | null;
}
