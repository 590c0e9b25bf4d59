import { CapabilityDefinition, type RegisteredCapability } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { definitionOf } from '@intendant/registry';
import type { DataSource, EntityManager } from 'typeorm';
import { CapabilityRow } from './capability.entity.js';
import { RevisionRow } from './revision.entity.js';

export interface StoredRegistry {
  readonly revision: number;
  readonly capabilities: readonly RegisteredCapability[];
}

/** The stored revision is not the one the change was made from: another process wrote. Load again. */
export class StaleRevision extends Error {
  constructor(readonly expected: number) {
    super(`the stored revision is not ${expected} any more`);
    this.name = 'StaleRevision';
  }
}

/** A stored capability does not have its digest, or is none any more. */
export class CorruptRegistry extends Error {
  override name = 'CorruptRegistry';
}

/** Registered capabilities and the registry's revision in PostgreSQL. */
export class CapabilityStore {
  constructor(private readonly database: DataSource) {}

  /** Everything that is registered, in order of name and version; every document is checked against its digest. */
  load(): Promise<StoredRegistry> {
    return this.database.transaction('REPEATABLE READ', async (transaction) => {
      const { value } = await transaction.getRepository(RevisionRow).findOneByOrFail({ singleton: true });
      const rows = await transaction.getRepository(CapabilityRow).find({ order: { name: 'ASC', version: 'ASC' } });
      return { revision: value, capabilities: rows.map(capabilityOf) };
    });
  }

  /**
   * Raises the revision from `expected` by one and adds the capabilities, both or neither. Returns the new revision;
   * rejects with {@link StaleRevision} when the stored one is another.
   */
  raise(expected: number, added: readonly RegisteredCapability[], registeredAt: Date): Promise<number> {
    return this.database.transaction(async (transaction) => {
      await raiseRevision(transaction, expected);
      const rows = added.map((capability) => rowOf(capability, registeredAt));
      if (rows.length > 0) await transaction.getRepository(CapabilityRow).insert(rows as never);
      return expected + 1;
    });
  }
}

async function raiseRevision(transaction: EntityManager, expected: number): Promise<void> {
  const raised = await transaction
    .getRepository(RevisionRow)
    .update({ singleton: true, value: expected }, { value: expected + 1 });
  if (raised.affected !== 1) throw new StaleRevision(expected);
}

function rowOf(capability: RegisteredCapability, registeredAt: Date): CapabilityRow {
  const { name, version, digest, service } = capability;
  return { name, version, digest, service, document: definitionOf(capability), registeredAt };
}

function capabilityOf(row: CapabilityRow): RegisteredCapability {
  const key = `${row.name}@${row.version}`;
  if (digestOf(row.document) !== row.digest) throw new CorruptRegistry(`the stored ${key} does not have its digest`);
  const definition = CapabilityDefinition.safeParse(row.document);
  if (!definition.success) throw new CorruptRegistry(`the stored ${key} is no capability: ${definition.error.message}`);
  if (definition.data.name !== row.name || definition.data.version !== row.version)
    throw new CorruptRegistry(`the stored ${key} is ${definition.data.name}@${definition.data.version}`);
  return { ...definition.data, service: row.service, digest: row.digest };
}
