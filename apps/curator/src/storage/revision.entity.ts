import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from './capability.entity.js';

/** The registry's revision: the only row of its table, raised with every change of what the Runtime may see. */
@Entity({ schema: SCHEMA, name: 'registry_revision' })
@Check('ck_registry_revision_single', '"singleton"')
@Check('ck_registry_revision_value', '"value" >= 0')
export class RevisionRow {
  @PrimaryColumn({ name: 'singleton', type: 'boolean', primaryKeyConstraintName: 'pk_registry_revision' })
  singleton!: boolean;

  @Column({ name: 'value', type: 'integer' })
  value!: number;
}
