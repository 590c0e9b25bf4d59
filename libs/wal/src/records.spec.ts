import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { decodeEntry, encodeEntry, recordProblem } from './codec.js';
import { EMPTY_HEAD } from './entry.js';
import { isRecordType, type LogRecord, RECORD_CATALOGUE, type RecordType } from './records.js';
import { LogBook, SAMPLE_IDS, sampleAttribution, sampleDraft } from './testing/index.js';

/** One entry per record type and version, as it was once written. Files are added, never changed. */
const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'records');

interface Fixture {
  readonly streamId: string;
  readonly firstSeq: number;
  readonly recordCount: number;
  readonly prevHash: string;
  readonly hash: string;
  readonly body: string;
}

const types = Object.keys(RECORD_CATALOGUE) as RecordType[];
const fileOf = (type: RecordType): string => `${type}.v${RECORD_CATALOGUE[type].v}.json`;
const read = (file: string): Fixture => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Fixture;

// INTENDANT_WRITE_FIXTURES=1 npm test -w libs/wal -- records: writes those that are missing, and only those.
if (process.env.INTENDANT_WRITE_FIXTURES === '1') {
  for (const type of types) {
    if (existsSync(join(FIXTURES, fileOf(type)))) continue;
    const entry = encodeEntry(SAMPLE_IDS.executionId, EMPTY_HEAD, sampleAttribution(), SAMPLE_IDS.at, [
      sampleDraft(type),
    ]);
    const { streamId, firstSeq, recordCount } = entry;
    const [prevHash, hash] = [entry.prevHash.toString('hex'), entry.hash.toString('hex')];
    const fixture: Fixture = { streamId, firstSeq, recordCount, prevHash, hash, body: entry.body.toString('utf8') };
    writeFileSync(join(FIXTURES, fileOf(type)), `${JSON.stringify(fixture, null, 2)}\n`, { flag: 'wx' });
  }
}

describe('records once written', () => {
  it.each(readdirSync(FIXTURES))('decode for ever: %s', (file) => {
    const { prevHash, hash, body, ...rest } = read(file);
    const raw = {
      ...rest,
      prevHash: Buffer.from(prevHash, 'hex'),
      hash: Buffer.from(hash, 'hex'),
      body: Buffer.from(body),
    };
    const [record] = decodeEntry(raw).records;
    expect(`${record?.type}.v${record?.v}.json`).toBe(file);
    expect(recordProblem(record as LogRecord)).toBeNull();
  });

  it.each(types)('have a fixture of their type: %s', (type) => {
    expect(readdirSync(FIXTURES)).toContain(fileOf(type));
  });
});

describe('a refusal', () => {
  const refusal = JSON.parse(read('intent.rejected.v1.json').body).records[0];

  it.each([
    [{ action: 'replay.request', targetId: SAMPLE_IDS.executionId }, null],
    [{ action: 'policy.publish', targetId: null }, null],
    [{ action: 'replay.request', targetId: 'x'.repeat(257) }, 'intent.rejected: asked.targetId'],
  ])('may say what was asked: %j', (asked, problem) => {
    const record = { ...sampleAttribution(), occurredAt: SAMPLE_IDS.at, ...refusal, data: { ...refusal.data, asked } };
    expect(recordProblem(record)?.slice(0, problem?.length) ?? null).toBe(problem);
  });
});

describe('recordProblem', () => {
  const record = new LogBook().peek(SAMPLE_IDS.executionId).records[0] as LogRecord;

  it.each<[string, object, string]>([
    ['an unknown type', { type: 'step.imagined' }, 'unknown record type step.imagined'],
    ['a type that is only in the prototype', { type: 'constructor' }, 'unknown record type constructor'],
    ['an unknown version', { v: 2 }, 'unknown version 2 of event.emitted'],
    ['data of another shape', { data: { eventId: 1 } }, 'event.emitted: data'],
    ['no actor', { actor: '' }, 'event.emitted: actor'],
    ['no tenant', { tenantId: '' }, 'event.emitted: tenantId'],
    ['a session that is no id', { sessionId: 'mine' }, 'event.emitted: sessionId'],
    ['a cause that is no seq', { causationSeq: 0 }, 'event.emitted: causationSeq'],
    ['a seq that is none', { seq: 1.5 }, 'event.emitted: seq'],
    ['a time without milliseconds', { occurredAt: '2026-01-02T03:04:05Z' }, 'event.emitted: occurredAt'],
  ])('names %s', (_name, change, problem) => {
    expect(recordProblem({ ...record, ...change } as LogRecord)?.slice(0, problem.length)).toBe(problem);
  });

  it('finds nothing wrong with a sound record', () => {
    expect(recordProblem(record)).toBeNull();
  });

  it('knows its types from names that every object has', () => {
    expect([isRecordType('event.emitted'), isRecordType('toString')]).toEqual([true, false]);
  });
});
