import { hash as digestNow } from 'node:crypto';
import { canonicalJson } from '@intendant/kernel';
import { z } from 'zod';
import type { Entry, StreamHead } from './entry.js';
import { LogCorrupt } from './errors.js';
import { Attribution, isRecordType, type LogRecord, RECORD_CATALOGUE, type RecordDraft } from './records.js';

/** Domain separator of entry hashes, so that no entry hash can pass for a node of a Merkle tree. */
const LEAF = 0x00;

/** Bytes before the body in what is hashed: separator, length of the stream id, the id, firstSeq, recordCount, prevHash. */
const fixedPrefixBytes = 1 + 2 + 8 + 4 + 32;

interface WireRecord {
  readonly actor: string;
  readonly causationSeq: number | null;
  readonly data: unknown;
  readonly seq: number;
  readonly type: string;
  readonly v: number;
}

interface WireBody {
  readonly attribution: Attribution;
  readonly occurredAt: string;
  readonly records: readonly WireRecord[];
}

/** Places drafts after `head` and returns the entry; the same input gives the same bytes everywhere. */
export function encodeEntry(
  streamId: string,
  head: StreamHead,
  attribution: Attribution,
  occurredAt: string,
  drafts: readonly RecordDraft[],
): Entry {
  if (drafts.length === 0) throw new RangeError(`${streamId}: an entry holds at least one record`);
  const wire: WireRecord[] = drafts.map((draft, index) => ({
    actor: draft.actor,
    causationSeq: causeOf(draft, head.nextSeq),
    data: draft.data,
    seq: head.nextSeq + index,
    type: draft.type,
    v: RECORD_CATALOGUE[draft.type].v,
  }));
  const { correlationId, executionId, intentId, sessionId, tenantId } = attribution;
  const text = canonicalJson({
    attribution: { correlationId, executionId, intentId, sessionId, tenantId },
    occurredAt,
    records: wire,
  } satisfies WireBody);
  const prefix = hashPrefix(streamId, head.nextSeq, wire.length, head.lastHash);
  const bytes = Buffer.allocUnsafe(prefix.length + Buffer.byteLength(text));
  prefix.copy(bytes);
  bytes.write(text, prefix.length, 'utf8');
  return {
    streamId,
    firstSeq: head.nextSeq,
    recordCount: wire.length,
    prevHash: head.lastHash,
    hash: digestNow('sha256', bytes, 'buffer'),
    body: bytes.subarray(prefix.length),
    records: expand(attribution, occurredAt, wire),
  };
}

function causeOf(draft: RecordDraft, firstSeq: number): number | null {
  if (draft.cause === null) return null;
  return 'seq' in draft.cause ? draft.cause.seq : firstSeq + draft.cause.draft;
}

function hashPrefix(streamId: string, firstSeq: number, recordCount: number, prevHash: Buffer): Buffer {
  const idBytes = Buffer.byteLength(streamId);
  const prefix = Buffer.allocUnsafe(fixedPrefixBytes + idBytes);
  prefix[0] = LEAF;
  prefix.writeUInt16BE(idBytes, 1);
  prefix.write(streamId, 3, 'utf8');
  const at = 3 + idBytes;
  prefix.writeBigUInt64BE(BigInt(firstSeq), at);
  prefix.writeUInt32BE(recordCount, at + 8);
  prevHash.copy(prefix, at + 12);
  return prefix;
}

/** SHA-256(0x00 ‖ u16 length ‖ streamId ‖ u64 firstSeq ‖ u32 recordCount ‖ prevHash ‖ body), integers big-endian. */
export function entryHash(entry: Pick<Entry, 'streamId' | 'firstSeq' | 'recordCount' | 'prevHash' | 'body'>): Buffer {
  const prefix = hashPrefix(entry.streamId, entry.firstSeq, entry.recordCount, entry.prevHash);
  return digestNow('sha256', Buffer.concat([prefix, entry.body]), 'buffer');
}

function expand(attribution: Attribution, occurredAt: string, wire: readonly WireRecord[]): LogRecord[] {
  return wire.map(
    (record) =>
      ({
        seq: record.seq,
        type: record.type,
        v: record.v,
        tenantId: attribution.tenantId,
        sessionId: attribution.sessionId,
        executionId: attribution.executionId,
        intentId: attribution.intentId,
        correlationId: attribution.correlationId,
        causationSeq: record.causationSeq,
        actor: record.actor,
        occurredAt,
        data: record.data,
      }) as LogRecord,
  );
}

type RawEntry = Omit<Entry, 'records'>;

/** Checks the hash and decodes; throws {@link LogCorrupt} naming stream and seq when the bytes are not what was hashed. */
export function decodeEntry(raw: RawEntry, place = ''): Entry {
  const where = `${raw.streamId} seq ${raw.firstSeq}${place}`;
  if (hashIfAny(raw)?.equals(raw.hash) !== true) throw new LogCorrupt(where, 'hash does not match the bytes');
  const body = parseBody(raw.body);
  if (body === undefined) throw new LogCorrupt(where, 'body is not an entry');
  if (body.records.length !== raw.recordCount) throw new LogCorrupt(where, 'record count does not match');
  const misplaced = body.records.findIndex((record, index) => record.seq !== raw.firstSeq + index);
  if (misplaced !== -1) throw new LogCorrupt(where, `record ${misplaced + 1} of the entry has another seq`);
  const { streamId, firstSeq, recordCount, prevHash, hash, body: bytes } = raw;
  const records = expand(body.attribution, body.occurredAt, body.records);
  return { streamId, firstSeq, recordCount, prevHash, hash, body: bytes, records };
}

/** Null for numbers that no entry has: damaged ones can be anything. */
function hashIfAny(raw: RawEntry): Buffer | null {
  try {
    return entryHash(raw);
  } catch {
    return null;
  }
}

function parseBody(bytes: Buffer): WireBody | undefined {
  try {
    const body = JSON.parse(bytes.toString('utf8')) as WireBody | null;
    return typeof body?.attribution === 'object' && Array.isArray(body.records) ? body : undefined;
  } catch {
    return undefined;
  }
}

const Wire = z.object({
  actor: z.string().min(1),
  causationSeq: z.int().positive().nullable(),
  seq: z.int().positive(),
  v: z.int().positive(),
  occurredAt: z.iso.datetime({ precision: 3 }),
});

/** Why a record breaks the catalogue, or null. For validation and for histories; not for the hot path. */
export function recordProblem(record: LogRecord): string | null {
  if (!isRecordType(record.type)) return `unknown record type ${String((record as LogRecord).type)}`;
  const { v, data } = RECORD_CATALOGUE[record.type];
  if (record.v !== v) return `unknown version ${record.v} of ${record.type}`;
  for (const [schema, value] of [
    [Wire, record],
    [Attribution, record],
    [data, record.data],
  ] as const) {
    const parsed = schema.safeParse(value);
    const issue = parsed.error?.issues[0];
    if (issue !== undefined) return `${record.type}: ${issue.path.join('.')} ${issue.message}`;
  }
  return null;
}
