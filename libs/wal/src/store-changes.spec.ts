import { describe, expect, it } from '@jest/globals';
import { encodeEntry } from './codec.js';
import { EMPTY_HEAD, type Entry } from './entry.js';
import type { RecordType } from './records.js';
import { changesOf } from './store-changes.js';
import { SAMPLE_DATA, SAMPLE_IDS, sampleAttribution, sampleDraft } from './testing/index.js';

const { executionId, sessionId, tenantId, refusalId } = SAMPLE_IDS;
const entryOf = (types: readonly RecordType[], attribution = sampleAttribution()): Entry =>
  encodeEntry(executionId, { ...EMPTY_HEAD, nextSeq: 5 }, attribution, SAMPLE_IDS.at, types.map(sampleDraft));

describe('what an entry changes in the store', () => {
  it('binds a key and makes the execution live when an intent is accepted', () => {
    const { keyDigest, fingerprint } = SAMPLE_DATA['intent.received'];
    expect(
      changesOf(entryOf(['intent.received', 'policy.decided', 'intent.accepted', 'execution.started', 'step.started'])),
    ).toEqual([
      { kind: 'key', keyDigest, fingerprint, executionId },
      { kind: 'live', executionId, live: true },
    ]);
  });

  it('binds no key when the intent is refused; the refusal can be found', () => {
    const refused = { ...sampleAttribution(null) };
    expect(changesOf(entryOf(['intent.received', 'intent.rejected'], refused))).toEqual([
      { kind: 'refusal', refusalId, tenantId, seq: 6 },
    ]);
  });

  it('binds no key when there is none', () => {
    const data = { ...SAMPLE_DATA['intent.received'], keyDigest: null };
    const draft = { type: 'intent.received' as const, data, actor: 'user:ada', cause: null };
    expect(changesOf(encodeEntry(executionId, EMPTY_HEAD, sampleAttribution(), SAMPLE_IDS.at, [draft]))).toEqual([]);
  });

  it.each([
    'execution.completed',
    'execution.failed',
    'execution.cancelled',
    'execution.compensated',
    'execution.stuck',
  ] as const)('ends supervision at %s', (type) => {
    expect(changesOf(entryOf(['step.failed', type]))).toEqual([{ kind: 'live', executionId, live: false }]);
  });

  it('leaves an execution that starts and ends in one entry as if it had never lived', () => {
    expect(changesOf(entryOf(['execution.started', 'execution.completed']))).toEqual([]);
  });

  it('registers references under their owner', () => {
    expect(changesOf(entryOf(['data.registered']))).toEqual([
      { kind: 'reference', tenantId, executionId, ...omitSources(SAMPLE_DATA['data.registered']) },
    ]);
  });

  it('keeps state under the session or the execution that owns it', () => {
    const { key, value } = SAMPLE_DATA['state.changed'];
    expect(changesOf(entryOf(['state.changed']))).toEqual([{ kind: 'state', ownerId: sessionId, key, value }]);
    const draft = { ...sampleDraft('state.changed'), data: { key, value: null, scope: 'execution' as const } };
    const entry = encodeEntry(executionId, EMPTY_HEAD, sampleAttribution(), SAMPLE_IDS.at, [draft as never]);
    expect(changesOf(entry)).toEqual([{ kind: 'state', ownerId: executionId, key, value: null }]);
  });

  it('is nothing for every other record', () => {
    const silent = (Object.keys(SAMPLE_DATA) as RecordType[]).filter((type) => changesOf(entryOf([type])).length === 0);
    expect(silent).toHaveLength(Object.keys(SAMPLE_DATA).length - 11);
  });
});

const omitSources = ({ sources: _sources, ...rest }: (typeof SAMPLE_DATA)['data.registered']) => rest;
