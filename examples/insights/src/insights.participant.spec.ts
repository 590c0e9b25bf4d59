import { readFileSync } from 'node:fs';
import type { Artifact } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ContentParticipant } from '../../content/src/index.js';
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
async function parsed(name: string, fileType: string, options: Record<string, unknown> = {}): Promise<Artifact> {
  const { ref } = context.store(readFileSync(new URL(`../../data/${name}`, import.meta.url)));
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
