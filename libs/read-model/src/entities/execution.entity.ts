import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ListedStatus } from '../read-model.js';
import { BYTE_ORDER, SCHEMA } from './schema.js';

/** One row per accepted execution. */
@Entity({ schema: SCHEMA, name: 'execution' })
@Index('ix_execution_recent', ['tenantId', 'acceptedAt', 'executionId'])
@Index('ix_execution_session', ['tenantId', 'sessionId', 'acceptedAt', 'executionId'])
@Index('ix_execution_intent_type', ['tenantId', 'intentType', 'acceptedAt', 'executionId'])
@Index('ix_execution_user', ['tenantId', 'userId', 'acceptedAt', 'executionId'])
@Index('ix_execution_metrics', ['tenantId', 'acceptedAt', 'intentType', 'status', 'settledAt', 'userId'])
@Index('ix_execution_not_completed', ['tenantId', 'status', 'acceptedAt', 'executionId'], {
  where: `"status" <> 'completed'`,
})
export class ExecutionRow {
  @PrimaryColumn({
    name: 'tenant_id',
    type: 'varchar',
    length: 128,
    collation: BYTE_ORDER,
    primaryKeyConstraintName: 'pk_execution',
  })
  tenantId!: string;

  @PrimaryColumn({
    name: 'execution_id',
    type: 'varchar',
    length: 64,
    collation: BYTE_ORDER,
    primaryKeyConstraintName: 'pk_execution',
  })
  executionId!: string;

  @Column({ name: 'intent_id', type: 'uuid' })
  intentId!: string;

  @Column({ name: 'intent_type', type: 'varchar', length: 129, collation: BYTE_ORDER })
  intentType!: string;

  @Column({ name: 'session_id', type: 'varchar', length: 64, collation: BYTE_ORDER })
  sessionId!: string;

  @Column({ name: 'user_id', type: 'varchar', length: 128, collation: BYTE_ORDER })
  userId!: string;

  @Column({ name: 'correlation_id', type: 'varchar', length: 128, collation: BYTE_ORDER })
  correlationId!: string;

  @Column({ name: 'status', type: 'varchar', length: 16, collation: BYTE_ORDER })
  status!: ListedStatus;

  @Column({ name: 'accepted_at', type: 'timestamptz', precision: 3 })
  acceptedAt!: Date;

  @Column({ name: 'settled_at', type: 'timestamptz', precision: 3, nullable: true })
  settledAt!: Date | null;

  @Column({ name: 'error_code', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  errorCode!: string | null;

  @Column({ name: 'partition', type: 'integer' })
  partition!: number;

  @Column({ name: 'last_seq', type: 'integer' })
  lastSeq!: number;
}
