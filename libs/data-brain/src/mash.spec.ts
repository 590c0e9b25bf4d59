import { type DataReference, type LineageEdge, MashReply, MashRequest } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { mashOf, mashPlan } from './mash.js';

const reference = (referenceId: string, columns: Record<string, string> = {}, at = `log:x/${referenceId}`) =>
  ({
    referenceId,
    referenceType: 'parsed_content',
    storageLocation: at,
    metadata: {
      ownerUserId: 'ada',
      sizeBytes: null,
      columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    },
    executionId: 'exe_1',
    createdAt: '2026-05-04T10:00:00.000Z',
  }) satisfies DataReference;

const from = (sourceReferenceId: string, referenceId: string): LineageEdge => ({
  sourceReferenceId,
  referenceId,
  executionId: 'exe_1',
  basis: 'cited',
});

const request = (more: object) => MashRequest.parse(more);
const members = reference('art_m', { id: 'integer', name: 'string' });
const claims = reference('art_c', { id: 'string', name: 'string', amount: 'decimal' });
const edges = [
  from('file_1', 'art_m'),
  from('file_1', 'part_1'),
  from('part_1', 'art_c'),
  from('content://1', 'file_1'),
  from('file_9', 'art_c'),
];
const material = { references: [members, claims], edges, truncatedBy: null };

describe('a mash', () => {
  it('names shared sources, nearest first, with the distance of each reference', () => {
    const mash = mashOf(request({ references: ['art_m', 'art_c'] }), material);
    expect(mash.sharedLineage).toEqual([
      {
        referenceId: 'file_1',
        descendants: [
          { referenceId: 'art_m', depth: 1 },
          { referenceId: 'art_c', depth: 2 },
        ],
      },
      {
        referenceId: 'content://1',
        descendants: [
          { referenceId: 'art_m', depth: 2 },
          { referenceId: 'art_c', depth: 3 },
        ],
      },
    ]);
    expect(MashReply.parse(mash)).toEqual(mash);
  });

  it('counts a reference among its own ancestors, so that one made from the other is seen', () => {
    const references = [reference('file_1'), members];
    const { sharedLineage } = mashOf(request({ references: ['file_1', 'art_m'] }), { ...material, references });
    expect(sharedLineage[0]).toEqual({
      referenceId: 'file_1',
      descendants: [
        { referenceId: 'file_1', depth: 0 },
        { referenceId: 'art_m', depth: 1 },
      ],
    });
  });

  it('follows lineage no further than asked', () => {
    const { sharedLineage } = mashOf(request({ references: ['art_m', 'art_c'], depth: 1 }), material);
    expect(sharedLineage).toEqual([]);
  });

  it('ends on cycles', () => {
    const circle = [from('art_m', 'art_c'), from('art_c', 'art_m'), from('art_m', 'art_m')];
    const { sharedLineage } = mashOf(request({ references: ['art_m', 'art_c'] }), { ...material, edges: circle });
    expect(sharedLineage.map(({ referenceId }) => referenceId)).toEqual(['art_c', 'art_m']);
  });

  it('tells columns of one name: of one type as correlation, of several as conflict', () => {
    const { correlations, conflicts } = mashOf(request({ references: ['art_m', 'art_c'] }), material);
    expect(correlations).toEqual([{ column: 'name', type: 'string', referenceIds: ['art_m', 'art_c'] }]);
    expect(conflicts).toEqual([
      {
        column: 'id',
        types: [
          { type: 'integer', referenceIds: ['art_m'] },
          { type: 'string', referenceIds: ['art_c'] },
        ],
      },
    ]);
  });

  it('compares names as they are, and claims nothing of a column that one reference alone has', () => {
    const references = [reference('art_1', { ID: 'integer' }), reference('art_2', { id: 'integer' })];
    const mash = mashOf(request({ references: ['art_1', 'art_2'] }), { references, edges: [], truncatedBy: null });
    expect([mash.correlations, mash.conflicts, mash.sharedLineage, mash.sameContent]).toEqual([[], [], [], []]);
  });

  it('tells which references stand for the same bytes', () => {
    const references = [reference('art_1', {}, 'content://a'), reference('art_2', {}, 'content://a')];
    const { sameContent } = mashOf(request({ references: ['art_1', 'art_2'] }), { ...material, references });
    expect(sameContent).toEqual([{ storageLocation: 'content://a', referenceIds: ['art_1', 'art_2'] }]);
  });

  it('names what it did not find, once', () => {
    const asked = request({ references: ['art_m', 'art_x', 'art_x'] });
    expect(mashPlan(asked).references).toEqual(['art_m', 'art_x']);
    expect(mashOf(asked, { ...material, references: [members] }).notFound).toEqual(['art_x']);
  });

  it('asked for one half says nothing of the other', () => {
    const lineage = mashOf(request({ references: ['art_m', 'art_c'], queryType: 'lineage' }), material);
    expect([lineage.correlations, lineage.conflicts, lineage.sharedLineage.length]).toEqual([[], [], 2]);
    const schema = request({ references: ['art_m', 'art_c'], queryType: 'schema' });
    expect(mashPlan(schema).withLineage).toBe(false);
    expect(mashOf(schema, material)).toMatchObject({ sharedLineage: [], conflicts: [{ column: 'id' }] });
  });

  it('passes on that the lineage was cut', () => {
    const mash = mashOf(request({ references: ['art_m'] }), { ...material, truncatedBy: 'edges' });
    expect(mash.truncatedBy).toBe('edges');
  });
});
