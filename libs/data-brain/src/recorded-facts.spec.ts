import { ProvenanceEntry } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import { describedColumns } from './described-columns.js';
import { mentionsOf } from './mentions.js';
import { provenanceEntry } from './provenance.js';
import { isReferenceText } from './reference-text.js';

describe('columns of an artifact', () => {
  it('are the names and types that it lists, each name once, and nothing else of it', () => {
    const columns: JsonObject[] = [
      { name: 'id', type: 'integer', example: 'secret 4711' },
      { name: 'name', type: 'string' },
      { name: 'id', type: 'string' },
    ];
    expect(describedColumns({ columns, rows: [['secret']] })).toEqual([
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'string' },
    ]);
  });

  it.each([
    [undefined],
    ['id'],
    [{ id: 'integer' }],
    [['id', null, ['id', 'integer'], { name: 'id' }, { name: '', type: 'x' }, { name: 1, type: 'x' }]],
    [[{ name: 'a\u0000b', type: 'string' }]],
    [[{ name: 'a', type: '\ud800' }]],
    [[{ name: 'x'.repeat(129), type: 'string' }]],
  ])('are none where the convention is not followed: %j', (columns) => {
    expect(describedColumns(columns === undefined ? {} : { columns: columns as never })).toEqual([]);
  });

  it('are bounded', () => {
    const columns = Array.from({ length: 2_000 }, (_, n) => ({ name: `c${n}`, type: 'string' }));
    expect(describedColumns({ columns })).toHaveLength(256);
  });
});

describe('mentions in a payload', () => {
  it('are the places where a reference stands, in its order', () => {
    const payload = { fileId: 'file_1', more: ['x', 'file_1', { 'a/b~c': 'file_2' }], note: 'about file_1' };
    expect([...mentionsOf(payload, ['file_1', 'file_2', 'file_3'])]).toEqual([
      ['file_1', ['/fileId', '/more/1']],
      ['file_2', ['/more/2/a~1b~0c']],
      ['file_3', []],
    ]);
  });

  it('are bounded, in number and in length', () => {
    const many = mentionsOf({ all: Array.from({ length: 100 }, () => 'file_1') }, ['file_1']);
    expect(many.get('file_1')).toHaveLength(16);
    expect(mentionsOf({ ['x'.repeat(300)]: 'file_1', 'a\u0007': 'file_1' }, ['file_1']).get('file_1')).toEqual([]);
  });
});

describe('a text', () => {
  it.each([
    ['file_1', true],
    [`content://${'a'.repeat(64)}`, true],
    ['', false],
    ['x'.repeat(257), false],
    ['a\u0000b', false],
    ['\udc00', false],
  ])('%j can be a reference: %p', (text, can) => {
    expect(isReferenceText(text)).toBe(can);
  });
});

describe('an entry of a provenance', () => {
  const fact = {
    referenceId: 'file_1',
    basis: 'registration' as const,
    isFirst: true,
    userId: 'ada',
    executionId: `exe_${'0'.repeat(32)}`,
    streamId: 'exe_0',
    seq: 9,
    place: 0,
    sourceCount: 0,
    sources: [] as string[],
    decisionId: null,
    pointers: [] as string[],
    derivedReferenceId: null,
    viaReferenceId: null,
    occurredAt: '2026-05-04T10:00:00.000Z',
  };

  it.each([
    [{}, 'created', 'exe_0/9'],
    [{ isFirst: false }, 'updated', 'exe_0/9'],
    [{ sourceCount: 2, sources: ['content://x'] }, 'derived_from', 'exe_0/9'],
    [{ basis: 'given' as const, place: 3, decisionId: 'dec_1', pointers: ['/fileId'] }, 'given', 'exe_0/9/given/3'],
    [{ basis: 'cited' as const, place: 1, derivedReferenceId: 'parsed_1' }, 'cited', 'exe_0/9/cited/1'],
  ])('of %j is %s', (more, operation, entryId) => {
    const entry = provenanceEntry({ ...fact, ...more });
    expect([entry.operation, entry.entryId]).toEqual([operation, entryId]);
    expect(ProvenanceEntry.parse(entry)).toEqual(entry);
  });

  it('counts the sources that the reader cannot see, and does not name them', () => {
    const entry = provenanceEntry({ ...fact, sourceCount: 3, sources: ['file_0'] });
    expect(entry.metadata.sourcesNotFound).toBe(2);
    expect(entry.sourceReferenceIds).toEqual(['file_0']);
  });
});
