import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { BYTE_ORDER, SCHEMA } from './schema.js';

const primaryKeyConstraintName = 'pk_log_entry';

/** One row per entry of the log, without its body. The key is also the order of lists. */
@Entity({ schema: SCHEMA, name: 'log_entry' })
@Index('ix_log_entry_execution', ['tenantId', 'executionId', 'partition', 'position'], {
  where: '"execution_id" IS NOT NULL',
})
@Index('ix_log_entry_session', ['tenantId', 'sessionId', 'occurredAt', 'partition', 'position'], {
  where: '"session_id" IS NOT NULL',
})
@Index('ix_log_entry_intent_type', ['tenantId', 'intentType', 'occurredAt', 'partition', 'position'], {
  where: '"intent_type" IS NOT NULL',
})
@Index('ix_log_entry_notable', ['tenantId', 'occurredAt', 'partition', 'position'], { where: '"notable"' })
export class LogEntryRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, collation: BYTE_ORDER, primaryKeyConstraintName })
  tenantId!: string;

  @PrimaryColumn({ name: 'occurred_at', type: 'timestamptz', precision: 3, primaryKeyConstraintName })
  occurredAt!: Date;

  @PrimaryColumn({ name: 'partition', type: 'integer', primaryKeyConstraintName })
  partition!: number;

  /** PostgreSQL's driver gives a bigint as text. */
  @PrimaryColumn({ name: 'position', type: 'bigint', primaryKeyConstraintName })
  position!: string;

  @Column({ name: 'stream_id', type: 'varchar', length: 256, collation: BYTE_ORDER })
  streamId!: string;

  @Column({ name: 'first_seq', type: 'integer' })
  firstSeq!: number;

  @Column({ name: 'record_count', type: 'integer' })
  recordCount!: number;

  @Column({ name: 'execution_id', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  executionId!: string | null;

  @Column({ name: 'session_id', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  sessionId!: string | null;

  /** Of the intent that the entry's stream is about, or that it was refused with. */
  @Column({ name: 'intent_type', type: 'varchar', length: 129, collation: BYTE_ORDER, nullable: true })
  intentType!: string | null;

  /** Each type once, in the order of the records. */
  @Column({ name: 'record_types', type: 'text', array: true })
  recordTypes!: string[];

  /** True when it holds a record of a type outside the routine of an execution that simply succeeds. */
  @Column({ name: 'notable', type: 'boolean' })
  notable!: boolean;
}
