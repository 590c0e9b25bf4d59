import type { Artifact, JudgedReference, Principal, ResolvedReference } from '@intendant/intent-model';
import type { JsonObject, JsonValue } from '@intendant/kernel';
import type { LogWriter } from '@intendant/partition';
import type { PartitionStore, ReferenceRow } from '@intendant/wal';
import type { LargePayloads } from '../content/large-payloads.js';
import type { Grants } from './grants.js';

/** References of one payload that are looked at; a payload with more is refused by its contract or by policy. */
const REFERENCES_MAX = 1_024;

export interface FoundReference {
  readonly pointer: string;
  readonly reference: string;
}

/** The strings at the places where a capability says references are; `*` in a pointer stands for every element. */
export function referencesIn(payload: JsonObject, pointers: readonly string[]): readonly FoundReference[] {
  const found: FoundReference[] = [];
  for (const pointer of pointers) collect(payload, pointer.slice(1).split('/'), '', found);
  return found.slice(0, REFERENCES_MAX);
}

function collect(value: JsonValue | undefined, path: readonly string[], at: string, found: FoundReference[]): void {
  const [part, ...rest] = path;
  if (part === undefined) {
    if (typeof value === 'string') found.push({ pointer: at, reference: value });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (part === '*' && Array.isArray(value)) {
    for (const [index, item] of value.entries()) collect(item, rest, `${at}/${index}`, found);
    return;
  }
  const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
  if (Object.hasOwn(value, name)) collect((value as Record<string, JsonValue>)[name], rest, `${at}/${part}`, found);
}

/** What the log knows about references: who owns them, and what they stand for. */
export class ReferenceBook {
  constructor(
    private readonly store: PartitionStore,
    private readonly log: LogWriter,
    private readonly payloads: LargePayloads,
    readonly grants: Grants,
    /** Has everything read that other processes wrote. */
    private readonly catchUp: () => Promise<void> = async () => undefined,
  ) {}

  /** For the Data Steward. A reference of another tenant is not found, like one that never was. */
  async judge(principal: Principal, found: readonly FoundReference[]): Promise<JudgedReference[]> {
    const rowsOf = (reference: string): readonly ReferenceRow[] =>
      reference.length > 256 ? [] : this.store.references(principal.tenantId, reference);
    // what is not known here may have been registered elsewhere a moment ago
    if (found.some(({ reference }) => rowsOf(reference).length === 0)) await this.catchUp();
    const { tenantId, userId } = principal;
    return Promise.all(
      found.map(async ({ pointer, reference }) => {
        const rows = rowsOf(reference);
        const row = rows.find((one) => one.ownerUserId === userId) ?? rows[0];
        const isAnothers = row !== undefined && row.ownerUserId !== userId;
        return {
          pointer,
          reference: reference.slice(0, 256),
          found: row !== undefined,
          ownerUserId: row?.ownerUserId ?? null,
          resourceClass: row?.resourceClass ?? null,
          grantedTo: isAnothers ? (await this.grants.of(tenantId, reference)).map(({ grantee }) => grantee) : [],
        };
      }),
    );
  }

  /** Registered, and not by this user. */
  isAnothers(tenantId: string, userId: string, reference: string): boolean {
    const rows = this.store.references(tenantId, reference);
    return rows.length > 0 && rows.every(({ ownerUserId }) => ownerUserId !== userId);
  }

  /** For the participant: the content and the artifact behind each allowed reference. */
  async resolve(tenantId: string, userId: string, references: readonly string[]): Promise<ResolvedReference[]> {
    return Promise.all(
      [...new Set(references)].map(async (reference) => {
        const rows = this.store.references(tenantId, reference);
        const row = rows.find((one) => one.ownerUserId === userId) ?? rows[0];
        const artifact = row?.executionId == null ? null : await this.#artifact(row.executionId, reference);
        return { reference, content: row?.content ?? null, artifact };
      }),
    );
  }

  async #artifact(executionId: string, artifactId: string): Promise<Artifact | null> {
    for (const entry of await this.log.wal.readStream(executionId))
      for (const record of entry.records)
        if (record.type === 'artifact.recorded' && record.data.artifact.artifactId === artifactId)
          return this.payloads.putBack(record.tenantId, record.data.artifact);
    return null;
  }
}
