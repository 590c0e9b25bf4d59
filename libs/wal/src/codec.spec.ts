import { createHash } from 'node:crypto';
import { canonicalJson } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeEntry, encodeEntry, entryHash } from './codec.js';
import { EMPTY_HEAD, type Entry, headAfter } from './entry.js';
import { LogCorrupt } from './errors.js';
import type { RecordDraft, RecordType } from './records.js';
import { executionIn, LogBook, SAMPLE_DATA, SAMPLE_IDS, sampleAttribution, sampleDraft } from './testing/index.js';
import { verifyStream } from './verify.js';

const STREAM = SAMPLE_IDS.executionId;
const attribution = sampleAttribution();
const types = Object.keys(SAMPLE_DATA) as RecordType[];
const encode = (drafts: readonly RecordDraft[], head = EMPTY_HEAD): Entry =>
  encodeEntry(STREAM, head, attribution, SAMPLE_IDS.at, drafts);
const rawOf = ({ records: _records, ...raw }: Entry) => raw;

describe('an encoded entry', () => {
  it('has the hash that its definition gives, worked out here by hand', () => {
    const raw = {
      streamId: 'exe_é',
      firstSeq: 258,
      recordCount: 2,
      prevHash: Buffer.alloc(32, 0xab),
      body: Buffer.from('{"x":"ü"}'),
    };
    const bytes = Buffer.concat([
      Buffer.from('000006', 'hex'),
      Buffer.from('6578655fc3a9', 'hex'),
      Buffer.from('0000000000000102', 'hex'),
      Buffer.from('00000002', 'hex'),
      Buffer.from('ab'.repeat(32), 'hex'),
      Buffer.from('7b2278223a22c3bc227d', 'hex'),
    ]);
    expect(entryHash(raw).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(entryHash(raw).toString('hex')).toBe('dd827d32ca872e52c61f76191fc66e8b28ef70c6131f5750bc7e0ed4329f5ee1');
  });

  it('is canonical JSON, and decodes to the records it was made of', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 8 }),
        fc.nat(1_000),
        (kinds, before) => {
          const head = { nextSeq: before + 1, lastHash: Buffer.alloc(32, 9) };
          const entry = encode(kinds.map(sampleDraft), head);
          expect(entry.body.toString('utf8')).toBe(canonicalJson(JSON.parse(entry.body.toString('utf8'))));
          expect(decodeEntry(rawOf(entry))).toEqual(entry);
          expect(entry.records.map((record) => record.seq)).toEqual(kinds.map((_kind, index) => before + 1 + index));
          expect(entry.hash).toEqual(entryHash(entry));
          expect(headAfter(entry)).toEqual({ nextSeq: before + 1 + kinds.length, lastHash: entry.hash });
        },
      ),
    );
  });

  it('is the same bytes for the same drafts, however their keys were written', () => {
    const { data, ...rest } = sampleDraft('intent.accepted');
    const backwards = { data: Object.fromEntries(Object.entries(data).reverse()), ...rest } as RecordDraft;
    expect(encode([backwards]).body).toEqual(encode([sampleDraft('intent.accepted')]).body);
  });

  it('states causes by seq, whether they are in the batch or before it', () => {
    const drafts: RecordDraft[] = [
      { ...sampleDraft('step.succeeded'), cause: { seq: 3 } },
      { ...sampleDraft('event.emitted'), cause: { draft: 0 } },
      { ...sampleDraft('call.superseded'), cause: null },
    ];
    const entry = encode(drafts, { nextSeq: 7, lastHash: Buffer.alloc(32) });
    expect(entry.records.map((record) => record.causationSeq)).toEqual([3, 7, null]);
  });

  it('holds at least one record', () => {
    expect(() => encode([])).toThrow(RangeError);
  });

  it('may name a stream in any language', () => {
    const entry = encodeEntry('refusals/日本', EMPTY_HEAD, attribution, SAMPLE_IDS.at, [
      sampleDraft('refusal.counted'),
    ]);
    expect(decodeEntry(rawOf(entry))).toEqual(entry);
  });
});

describe('a stored entry that was tampered with', () => {
  const entry = encode([sampleDraft('intent.received'), sampleDraft('policy.decided')]);

  it('is refused, whichever byte was changed', () => {
    const flip = (bytes: Buffer, at: number, mask: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at % copy.length] = (copy[at % copy.length] as number) ^ mask;
      return copy;
    };
    const changes = fc.constantFrom<(at: number, mask: number) => Partial<Entry>>(
      (at, mask) => ({ body: flip(entry.body, at, mask) }),
      (at, mask) => ({ prevHash: flip(entry.prevHash, at, mask) }),
      (at, mask) => ({ hash: flip(entry.hash, at, mask) }),
      (at, mask) => ({ streamId: flip(Buffer.from(entry.streamId), at, mask & 0x7f || 1).toString('latin1') }),
      (_at, mask) => ({ firstSeq: entry.firstSeq + mask }),
      (_at, mask) => ({ recordCount: entry.recordCount + mask }),
      (at) => ({ body: entry.body.subarray(0, at % entry.body.length) }),
    );
    fc.assert(
      fc.property(changes, fc.nat(), fc.integer({ min: 1, max: 255 }), (change, at, mask) => {
        const broken = { ...entry, ...change(at, mask) };
        expect(() => decodeEntry(rawOf(broken))).toThrow(LogCorrupt);
        expect(verifyStream(STREAM, [broken])).not.toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused for every single byte of its body', () => {
    for (let at = 0; at < entry.body.length; at += 1) {
      const body = Buffer.from(entry.body);
      body[at] = (body[at] as number) ^ 0x01;
      expect(() => decodeEntry({ ...rawOf(entry), body })).toThrow(LogCorrupt);
    }
  });

  /** With a hash of its own: what a forger or a defect of a writer would leave. */
  const rehashed = (body: string, recordCount = 1) => {
    const raw = { streamId: STREAM, firstSeq: 1, recordCount, prevHash: Buffer.alloc(32), body: Buffer.from(body) };
    return { ...raw, hash: entryHash(raw) };
  };
  const oneRecord = encode([sampleDraft('event.emitted')]).body.toString('utf8');
  it.each([
    ['no JSON', '{"attribution"', 1, 'body is not an entry'],
    ['null', 'null', 1, 'body is not an entry'],
    ['no records', '{"attribution":{}}', 1, 'body is not an entry'],
    ['no attribution', '{"records":[]}', 0, 'body is not an entry'],
    ['more records than said', oneRecord, 0, 'record count does not match'],
    ['fewer records than said', oneRecord, 2, 'record count does not match'],
    ['a record with another seq', oneRecord.replace('"seq":1', '"seq":2'), 1, 'record 1 of the entry has another seq'],
  ])('is refused although its hash fits: %s', (_name, body, recordCount, finding) => {
    expect(() => decodeEntry(rehashed(body, recordCount), ' (partition 4)')).toThrow(
      expect.objectContaining({ name: 'LogCorrupt', place: `${STREAM} seq 1 (partition 4)`, finding }),
    );
  });
});

describe('verifyStream', () => {
  const streamId = executionIn(0);
  const entries = (() => {
    const book = new LogBook();
    return [book.next(streamId, 2), book.next(streamId), book.next(streamId, 3), book.next(streamId)];
  })();
  const at = (index: number): Entry => entries[index] as Entry;

  it('finds nothing wrong with a stream, or with none', () => {
    expect(verifyStream(streamId, entries)).toBeNull();
    expect(verifyStream(streamId, [])).toBeNull();
  });

  it.each<[string, Entry[], number, RegExp]>([
    ['an entry is missing', [at(0), at(2), at(3)], 4, /expected seq 3/],
    ['the first entry is missing', [at(1), at(2)], 3, /expected seq 1/],
    ['two entries changed places', [at(0), at(2), at(1)], 4, /expected seq 3/],
    ['an entry is repeated', [at(0), at(1), at(1)], 3, /expected seq 4/],
    ['the chain is broken', [at(0), { ...at(1), prevHash: Buffer.alloc(32) }], 3, /chain/],
    ['the bytes are others', [at(0), at(1), { ...at(2), body: Buffer.from('{}') }], 4, /bytes/],
    ['an entry is of another stream', [at(0), { ...at(1), streamId: executionIn(0, 1) }], 3, /belongs to/],
  ])('names the first bad seq when %s', (_name, broken, seq, finding) => {
    expect(verifyStream(streamId, broken)).toEqual({ streamId, seq, finding: expect.stringMatching(finding) });
  });
});
