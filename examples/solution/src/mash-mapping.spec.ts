import { describe, expect, it } from '@jest/globals';
import { checkedCapability, resultViolations } from '../../testing/contract-check.js';
import { solutionCapabilities } from './index.js';
import { mappingOf, type SourceProfile } from './mash-mapping.js';

const sourceOf = (source: string, ...names: string[]): SourceProfile => ({
  source,
  analysisId: `analysis_${source}`,
  recordCount: 2,
  columns: names.map((name) => ({ name, type: 'text', distinct: 2, count: 2 })),
});
const meaningsOf = (a: string, b: string): string[] =>
  mappingOf([sourceOf('a', a), sourceOf('b', b)]).map(({ meaning }) => meaning);

describe('columns in common', () => {
  it.each([
    ['客户A', '订单A'],
    ['größe', 'gre'],
    ['preis_€', 'preis_$'],
    ['__', '--'],
  ])('are not %s and %s', (a, b) => {
    expect(meaningsOf(a, b)).toEqual([]);
  });

  it.each([
    ['客户编号', '客户编号', '客户编号'],
    ['Employee ID', 'employee_id', 'employeeid'],
    ['Größe', 'GRO\u0308ßE', 'größe'],
    ['zip-code/2', 'Zip.Code 2', 'zipcode2'],
  ])('are %s and %s', (a, b, meaning) => {
    expect(meaningsOf(a, b)).toEqual([meaning]);
  });

  it('may have names as long as the file has them', () => {
    const name = 'n'.repeat(300);
    const sources = ['a', 'b'].map((letter) => `parsed_${letter.repeat(32)}`) as [string, string];
    const mapping = mappingOf(sources.map((source) => sourceOf(source, name)));
    const mashId = `mash_${'0'.repeat(32)}`;
    const semanticPayload = { sources: sources.map((source) => ({ source, score: 1 })), mapping };
    const result = {
      artifacts: [{ artifactId: mashId, resultType: 'data_mash', semanticPayload, renderings: [], parents: sources }],
      events: [{ eventType: 'solution.data_mashed', data: { mashId, sourceCount: 2 } }],
      stateChanges: [],
    };
    const capability = solutionCapabilities.find(({ name: named }) => named === 'solution.mash_data');
    expect(resultViolations(checkedCapability(capability as never), result as never)).toEqual([]);
  });
});
