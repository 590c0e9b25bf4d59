import { readFileSync } from 'node:fs';
import type { Artifact } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ContentParticipant } from '../../content/src/index.js';
import { pdfOf } from '../../data/pdf-writer.mjs';
import { checkedCapability, resultViolations, violations } from '../../testing/contract-check.js';
import { intentOf, MemoryContext } from '../../testing/handler-context.js';
import { InsightsParticipant, insightsCapabilities } from './index.js';

const participant = new InsightsParticipant();
const content = new ContentParticipant();
const capabilities = new Map(
  insightsCapabilities.map((definition) => [definition.name, checkedCapability(definition)]),
);
const contractOf = (intentType: string): object => capabilities.get(intentType)?.inputContract ?? {};
/** Payloads are held against their contract, then looked into freely. */
type Json = ReturnType<typeof JSON.parse>;
let context: MemoryContext;

/** Parses one of the example files with the content service, as the Runtime would have it done. */
const parsed = (name: string, fileType: string, options: Record<string, unknown> = {}): Promise<Artifact> =>
  parsedBytes(name, readFileSync(new URL(`../../data/${name}`, import.meta.url)), fileType, options);

const parsedText = (name: string, text: string): Promise<Artifact> => parsedBytes(name, Buffer.from(text), 'csv', {});

async function parsedBytes(
  name: string,
  bytes: Uint8Array,
  fileType: string,
  options: Record<string, unknown>,
): Promise<Artifact> {
  const { ref } = context.store(bytes);
  const upload = intentOf('content.upload', { uiName: name, fileType, contentRef: ref });
  const file = context.keep(await content.handleIntent(upload, context));
  const parse = intentOf('content.parse', { fileId: file.artifactId, parsingType: fileType, ...options } as never);
  return context.keep(await content.handleIntent(parse, context));
}

async function handle(intentType: string, payload: Record<string, unknown>) {
  expect(violations(contractOf(intentType), payload)).toEqual([]);
  const result = await participant.handleIntent(intentOf(intentType, payload as never), context);
  expect(resultViolations(capabilities.get(intentType) as never, result)).toEqual([]);
  const artifact = context.keep(result);
  return { result, artifact, payload: artifact.semanticPayload as Json };
}

beforeEach(() => {
  context = new MemoryContext();
});

describe('insights', () => {
  it('answers exactly what its capabilities declare', () => {
    expect(insightsCapabilities.flatMap(({ intents }) => intents)).toEqual(participant.getSupportedIntents());
  });

  it('says of a permit what its pages hold beyond their boxes', async () => {
    const lines = ['Permit Number: PER-1', ...Array.from({ length: 60 }, () => 'twelve chars')];
    const { artifactId } = await parsedBytes('permit.pdf', pdfOf([lines]), 'pdf', {});
    const { payload } = await handle('insights.extract', { pattern: 'pso', dataSource: { parsedFileId: artifactId } });
    expect(payload.findings[0]).toMatchObject({
      code: 'text_not_read',
      sourceLine: null,
      message: expect.stringMatching(/^[1-9]\d* character\(s\) beyond the box of a page/),
    });
  });

  it('finds the gaps and the repeated row of the employees', async () => {
    const { artifactId, parents } = await parsed('employees.csv', 'csv');
    const { artifact, payload } = await handle('insights.assess_quality', {
      parsedFileId: artifactId,
      sourceFileId: parents[0],
      parserType: 'csv',
    });
    const byName = new Map(payload.columns.map((column: { name: string }) => [column.name, column]));
    expect(byName.get('email')).toMatchObject({ type: 'email', missing: 5 });
    expect(byName.get('salary')).toMatchObject({ type: 'integer', missing: 1 });
    expect(byName.get('hire_date')).toMatchObject({
      invalid: 1,
      invalidExamples: [{ row: 111, line: 113, value: '2019-13-45' }],
    });
    expect(payload.duplicates).toEqual({ count: 1, groups: [{ rows: [58, 201], size: 2 }] });
    expect(artifact.parents).toEqual([artifactId, parents[0]]);
  });

  it('counts the lines that are blank, which are no records, and lowers no ratio for them', async () => {
    const assessed = async (text: string) => {
      const { artifactId } = await parsedText('a.csv', text);
      return (await handle('insights.assess_quality', { parsedFileId: artifactId })).payload;
    };
    const [gaps, whole] = [await assessed('a,b\n1,2\n\n3,4\n\n\n'), await assessed('a,b\n1,2\n3,4\n')];
    expect([gaps.blankLines, whole.blankLines]).toEqual([3, undefined]);
    expect([gaps.recordCount, gaps.overall]).toEqual([whole.recordCount, whole.overall]);
    // in a table of one column a blank line is a record without a value
    const single = await assessed('a\n1\n\n3\n');
    expect([single.blankLines, single.recordCount, single.columns[0].missing]).toEqual([undefined, 3, 1]);
  });

  it('finds the numbers of the employees that stand out', async () => {
    const { artifactId } = await parsed('employees.csv', 'csv');
    const { payload } = await handle('insights.analyze', {
      parsedFileId: artifactId,
      analysisType: 'structured',
      analysisOptions: { includeStatistics: true, detectPatterns: true, identifyAnomalies: true },
    });
    const found = payload.anomalies.map(({ column, row }: { column: string; row: number }) => `${column}@${row}`);
    expect(found).toEqual(expect.arrayContaining(['salary@42', 'salary@77', 'weekly_hours@90', 'hire_date@111']));
    expect(payload.anomalyCount).toBeLessThan(15);
    expect(payload.patterns).toContainEqual({
      kind: 'shape',
      column: 'employee_id',
      shape: 'A9999',
      share: 1,
      exceptions: [],
    });
  });

  it('knows the numbers of a copybook', async () => {
    const copybookReference = context.store(readFileSync(new URL('../../data/policies.cpy', import.meta.url))).ref;
    const { artifactId } = await parsed('policies.bin', 'mainframe', { copybookReference });
    const { payload } = await handle('insights.analyze', { parsedFileId: artifactId, analysisType: 'structured' });
    const cash = payload.columns.find(({ name }: { name: string }) => name === 'CASH-VALUE');
    expect(cash).toMatchObject({ type: 'decimal', count: 25, statistics: { min: expect.any(Number) } });
    expect((await handle('insights.assess_quality', { parsedFileId: artifactId })).payload.overall.score).toBe(1);
  });

  it('reports what the permit does not state as missing', async () => {
    const { artifactId } = await parsed('permit.pdf', 'pdf', { parseOptions: { keepLineNumbers: true } });
    const { payload } = await handle('insights.extract', {
      pattern: 'pso',
      dataSource: { parsedFileId: artifactId },
      extractionConfigId: 'permit_semantic_object',
    });
    expect(payload.missing).toEqual(['permitType', 'issuingAuthority']);
    expect([payload.permitMetadata.permitType, payload.permitMetadata.issuingAuthority]).toEqual([null, null]);
    expect(payload.confidence).toBeLessThan(0.6);
    expect(payload.obligations.map(({ sourceLine }: { sourceLine: number }) => sourceLine)).toEqual([
      9, 10, 11, 12, 13, 14, 15,
    ]);
  });

  it('finds everything in the full permit, across pages', async () => {
    const { artifactId } = await parsed('permit_full.pdf', 'pdf');
    const { payload } = await handle('insights.extract', { pattern: 'pso', dataSource: { parsedFileId: artifactId } });
    expect(payload.missing).toEqual([]);
    expect(payload.permitMetadata).toMatchObject({
      permitType: { value: 'Oil and Gas Drilling', sourceLine: 4 },
      issuingAuthority: { value: 'Railroad Commission of Texas', sourceLine: 5 },
    });
    expect(payload.obligations).toHaveLength(7);
    expect(payload.legalCitations).toHaveLength(2);
    expect(payload.confidence).toBe(0.95);
  });

  it('reports all but the statistics that numbers cannot tell exactly, and says which those are', async () => {
    const rows = Array.from({ length: 6_000 }, (_, index) => [
      String(1_700_000_000_000 + index),
      index === 7 ? '123456789012345678' : String(index),
      ['9007199254740992', '1e308', '1e999'][index] ?? '1',
      `${index}e-9`,
    ]);
    const csv = ['epoch,serial,odd,small', ...rows.map((row) => row.join(','))].join('\n');
    const { artifactId } = await parsedText('big.csv', csv);
    const { payload } = await handle('insights.analyze', { parsedFileId: artifactId, analysisType: 'structured' });
    const statistics = Object.fromEntries(payload.columns.map((column: Json) => [column.name, column.statistics]));
    expect(statistics).toMatchObject({
      epoch: { min: 1_700_000_000_000, max: 1_700_000_005_999, sum: null, mean: 1_700_000_002_999.5 },
      serial: { min: 0, max: null, sum: null, mean: null, q1: 1_500.75, standardDeviation: null },
      odd: { min: 1, max: null, median: 1, standardDeviation: null },
      small: { max: 0.000_005_999, mean: 0.000_002_999_5, median: 0.000_002_999_5 },
    });
    expect(payload.findings.map(({ column, statistics: left }: Json) => [column, left])).toEqual([
      ['epoch', ['sum']],
      ['serial', ['max', 'sum', 'mean', 'standardDeviation']],
      ['odd', ['max', 'sum', 'mean', 'standardDeviation']],
    ]);
  });

  it('says where it cannot tell a decimal point from the mark of thousands, and where numbers are too small', async () => {
    const csv = ['a;b;c', '1,234;1.234;1e-400', '5,678;0.5;2', '9,012;3.5;3'].join('\n');
    const { artifactId } = await parsedText('marks.csv', csv);
    const { payload } = await handle('insights.analyze', { parsedFileId: artifactId, analysisType: 'structured' });
    expect(payload.columns[0].statistics).toMatchObject({ min: 1234 });
    expect(payload.columns[2].statistics).toMatchObject({ min: null, sum: null });
    expect(payload.findings.map(({ code, column }: Json) => [code, column])).toEqual([
      ['number_format_guessed', 'a'],
      ['statistics_not_exact', 'c'],
    ]);
  });

  it('gives the same result for the same intent', async () => {
    const { artifactId } = await parsed('employees.csv', 'csv');
    const payload = { parsedFileId: artifactId, analysisType: 'structured' };
    const [once, again] = [await handle('insights.analyze', payload), await handle('insights.analyze', payload)];
    expect(digestOf(again.result)).toBe(digestOf(once.result));
  });

  it('refuses what it has no rules for, and content of the wrong kind', async () => {
    const { artifactId, parents } = await parsed('employees.csv', 'csv');
    const text = await parsed('permit.pdf', 'pdf');
    const dataSource = { parsedFileId: artifactId };
    await expect(handle('insights.extract', { pattern: 'aar', dataSource })).rejects.toMatchObject({
      code: 'pattern_not_supported',
      options: { details: { pattern: 'aar', supported: ['pso'] } },
    });
    await expect(handle('insights.extract', { pattern: 'pso', dataSource })).rejects.toMatchObject({
      code: 'parsed_content_not_text',
    });
    await expect(
      handle('insights.extract', { pattern: 'pso', dataSource, extractionConfigId: 'x' }),
    ).rejects.toMatchObject({
      code: 'extraction_config_unknown',
    });
    await expect(handle('insights.assess_quality', { parsedFileId: text.artifactId })).rejects.toMatchObject({
      code: 'parsed_content_not_tabular',
    });
    await expect(
      handle('insights.assess_quality', { parsedFileId: artifactId, parserType: 'pdf' }),
    ).rejects.toMatchObject({
      code: 'parser_type_mismatch',
    });
    await expect(
      handle('insights.assess_quality', { parsedFileId: artifactId, sourceFileId: text.parents[0] }),
    ).rejects.toMatchObject({ code: 'source_file_mismatch', options: { details: { actual: parents } } });
  });

  it.each([
    ['insights.analyze', { analysisType: 'unstructured' }],
    ['insights.analyze', { analysisType: 'structured', analysisOptions: { topValues: 1_000 } }],
    ['insights.assess_quality', { sourceFileId: 'content://x' }],
    ['insights.extract', { pattern: 'pso', dataSource: {} }],
  ])('has an input contract for %s that refuses %j', (intentType, payload) => {
    const complete = { parsedFileId: `parsed_${'0'.repeat(32)}`, ...payload };
    expect(violations(contractOf(intentType), complete)).not.toEqual([]);
  });
});
