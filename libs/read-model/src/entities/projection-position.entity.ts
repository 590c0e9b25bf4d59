import { Column, Entity, PrimaryColumn } from 'typeorm';
import { BYTE_ORDER, SCHEMA } from './schema.js';

/** How far a partition is projected; moves in the transaction that writes the rows. */
@Entity({ schema: SCHEMA, name: 'projection_position' })
export class ProjectionPositionRow {
  @PrimaryColumn({ name: 'partition', type: 'integer', primaryKeyConstraintName: 'pk_projection_position' })
  partition!: number;

  /** Position of the last entry applied. */
  @Column({ name: 'position', type: 'bigint' })
  position!: string;

  /** Hash of that entry: tells whether this is the log the rows came from. */
  @Column({ name: 'hash', type: 'bytea' })
  hash!: Buffer;

  /** That log; null in rows that an earlier version wrote. */
  @Column({ name: 'log_id', type: 'varchar', length: 64, collation: BYTE_ORDER, nullable: true })
  logId!: string | null;
}
