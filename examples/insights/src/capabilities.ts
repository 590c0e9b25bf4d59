import {
  artifactIdSchema,
  type CapabilityInput,
  countSchema,
  type JsonSchema,
  objectSchema,
  payloadContract,
  resultContract,
  textSchema,
} from '@intendant/participant';

const common = {
  version: '1.0.0',
  realm: 'insights',
  determinism: 'deterministic',
  sideEffects: 'idempotent',
  timeoutMs: 30_000,
} as const;
const parsedIdSchema = artifactIdSchema('parsed');
const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const ratioSchema = nullable({ type: 'number', minimum: 0, maximum: 1 });
const numberOrNull = nullable({ type: 'number' });
const textOrNull = nullable({ type: 'string' });
const list = (items: JsonSchema, maxItems: number): JsonSchema => ({ type: 'array', items, maxItems });
const columnTypeSchema: JsonSchema = { enum: ['integer', 'decimal', 'date', 'boolean', 'email', 'text'] };
const cellSchema: JsonSchema = { row: countSchema, line: nullable(countSchema), value: { type: 'string' } };

const overall: JsonSchema = {
  completeness: ratioSchema,
  validity: ratioSchema,
  uniqueness: ratioSchema,
  consistency: ratioSchema,
  score: ratioSchema,
};
const qualityColumn = objectSchema({
  name: { type: 'string' },
  type: columnTypeSchema,
  format: textOrNull,
  missing: countSchema,
  completeness: ratioSchema,
  invalid: countSchema,
  validity: ratioSchema,
  invalidExamples: list(objectSchema(cellSchema), 10),
  distinct: countSchema,
  repeated: countSchema,
});

const assessQuality: CapabilityInput = {
  ...common,
  name: 'insights.assess_quality',
  description: 'Measures completeness, validity, uniqueness and consistency of parsed records.',
  intents: ['insights.assess_quality'],
  inputContract: payloadContract(
    objectSchema(
      {
        parsedFileId: parsedIdSchema,
        sourceFileId: artifactIdSchema('file'),
        parserType: { enum: ['csv', 'mainframe', 'pdf', 'bpmn'] },
      },
      ['sourceFileId', 'parserType'],
    ),
  ),
  outputContract: resultContract({
    idKind: 'quality',
    resultType: 'quality_assessment',
    parents: { minItems: 1, maxItems: 2 },
    semanticPayload: objectSchema(
      {
        parsedFileId: parsedIdSchema,
        parserType: textSchema(32),
        recordCount: countSchema,
        overall: objectSchema(overall),
        columns: list(qualityColumn, 500),
        duplicates: objectSchema({
          count: countSchema,
          groups: list(objectSchema({ rows: list(countSchema, 20), size: countSchema }), 20),
        }),
        raggedRows: countSchema,
        blankLines: countSchema,
      },
      ['blankLines'],
    ),
    eventType: 'insights.quality_assessed',
    eventData: objectSchema({ qualityId: artifactIdSchema('quality'), parsedFileId: parsedIdSchema, ...overall }),
  }),
  dataReferences: ['/parsedFileId', '/sourceFileId'],
};

const optionProperties: JsonSchema = {
  includeStatistics: { type: 'boolean' },
  detectPatterns: { type: 'boolean' },
  identifyAnomalies: { type: 'boolean' },
  zScoreThreshold: { type: 'number', minimum: 1, maximum: 10 },
  iqrFactor: { type: 'number', minimum: 0.5, maximum: 10 },
  topValues: { type: 'integer', minimum: 0, maximum: 50 },
};
const statisticNames = ['min', 'max', 'sum', 'mean', 'median', 'q1', 'q3', 'standardDeviation'];
const statisticsSchema = objectSchema(Object.fromEntries(statisticNames.map((name) => [name, numberOrNull])));
const statisticsFindingSchema = objectSchema({
  code: { enum: ['statistics_not_exact', 'number_format_guessed'] },
  column: { type: 'string' },
  statistics: list({ enum: statisticNames }, statisticNames.length),
  message: { type: 'string' },
});
const analysisColumn = objectSchema({
  name: { type: 'string' },
  type: columnTypeSchema,
  format: textOrNull,
  count: countSchema,
  missing: countSchema,
  distinct: countSchema,
  topValues: list(objectSchema({ value: { type: 'string' }, count: countSchema }), 50),
  statistics: nullable(statisticsSchema),
  dates: nullable(objectSchema({ earliest: { type: 'string' }, latest: { type: 'string' } })),
});
const anomalySchema = objectSchema({
  column: { type: 'string' },
  ...cellSchema,
  methods: list({ enum: ['type', 'z_score', 'iqr'] }, 2),
  zScore: numberOrNull,
});

const analyze: CapabilityInput = {
  ...common,
  name: 'insights.analyze',
  description: 'Statistics, anomalies and patterns of parsed records.',
  intents: ['insights.analyze'],
  inputContract: payloadContract(
    objectSchema(
      {
        parsedFileId: parsedIdSchema,
        analysisType: { const: 'structured' },
        analysisOptions: objectSchema(optionProperties, Object.keys(optionProperties)),
      },
      ['analysisOptions'],
    ),
  ),
  outputContract: resultContract({
    idKind: 'analysis',
    resultType: 'analysis',
    parents: { minItems: 1, maxItems: 2 },
    semanticPayload: objectSchema(
      {
        parsedFileId: parsedIdSchema,
        analysisType: { const: 'structured' },
        recordCount: countSchema,
        columns: list(analysisColumn, 500),
        findings: list(statisticsFindingSchema, 1_000),
        anomalyCount: countSchema,
        anomalies: list(anomalySchema, 200),
        patterns: {
          type: 'array',
          items: {
            type: 'object',
            required: ['kind'],
            properties: { kind: { enum: ['unique_values', 'constant', 'shape', 'correlation'] } },
          },
        },
        options: objectSchema(optionProperties, ['includeStatistics', 'detectPatterns', 'identifyAnomalies']),
      },
      ['findings'],
    ),
    eventType: 'insights.content_analyzed',
    eventData: objectSchema({
      analysisId: artifactIdSchema('analysis'),
      parsedFileId: parsedIdSchema,
      recordCount: countSchema,
      anomalyCount: countSchema,
    }),
  }),
  dataReferences: ['/parsedFileId'],
};

const confidenceSchema: JsonSchema = { type: 'number', minimum: 0, maximum: 1 };
const sourceLineSchema = nullable({ type: 'integer', minimum: 1 });
const statedValue = objectSchema({
  value: textSchema(2_000),
  asWritten: textSchema(2_000),
  sourceLine: sourceLineSchema,
  sourceLines: list({ type: 'integer', minimum: 1 }, 16),
  confidence: confidenceSchema,
  rule: { enum: ['label', 'label_line_above', 'sentence'] },
});
const permitFieldNames = [
  'permitNumber',
  'permitType',
  'issueDate',
  'expirationDate',
  'issuingAuthority',
  'permitHolder',
  'location',
];
const permitMetadata = objectSchema(Object.fromEntries(permitFieldNames.map((name) => [name, nullable(statedValue)])));
const obligationSchema = objectSchema({
  obligationId: { type: 'string', pattern: '^obl_[1-9][0-9]*$' },
  type: { enum: ['restriction', 'reporting', 'inspection', 'compliance', 'condition'] },
  description: { type: 'string', minLength: 1 },
  complianceCriteria: textOrNull,
  dueDate: nullable({ type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
  frequency: textOrNull,
  sourceLine: sourceLineSchema,
  sourceLines: { type: 'array', items: { type: 'integer', minimum: 1 } },
  confidence: confidenceSchema,
});
const citationSchema = objectSchema({
  citation: { type: 'string', minLength: 1 },
  authority: textOrNull,
  obligationId: textOrNull,
  sourceLine: sourceLineSchema,
  confidence: confidenceSchema,
});
const findingSchema = objectSchema({
  code: {
    enum: [
      'placeholder_value',
      'value_not_certain',
      'conflicting_values',
      'date_not_readable',
      'expiration_before_issue',
      'text_not_read',
    ],
  },
  field: { enum: [...permitFieldNames, 'obligations', null] },
  sourceLine: sourceLineSchema,
  message: { type: 'string' },
});
const missingSchema = list({ enum: [...permitFieldNames, 'obligations'] }, 8);

const extract: CapabilityInput = {
  ...common,
  name: 'insights.extract',
  description: 'What a document states, found by the rules of a pattern. Pattern pso: permits.',
  intents: ['insights.extract'],
  inputContract: payloadContract(
    objectSchema(
      {
        pattern: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' },
        dataSource: objectSchema({ parsedFileId: parsedIdSchema }),
        extractionConfigId: textSchema(64),
      },
      ['extractionConfigId'],
    ),
  ),
  outputContract: resultContract({
    idKind: 'extraction',
    resultType: 'extraction',
    parents: { minItems: 1, maxItems: 2 },
    semanticPayload: objectSchema({
      pattern: { const: 'pso' },
      extractionConfigId: textSchema(64),
      parsedFileId: parsedIdSchema,
      permitMetadata,
      obligations: { type: 'array', items: obligationSchema },
      legalCitations: { type: 'array', items: citationSchema },
      missing: missingSchema,
      notStated: list({ enum: permitFieldNames }, 7),
      findings: { type: 'array', items: findingSchema },
      confidence: confidenceSchema,
    }),
    eventType: 'insights.content_extracted',
    eventData: objectSchema({
      extractionId: artifactIdSchema('extraction'),
      parsedFileId: parsedIdSchema,
      pattern: { const: 'pso' },
      obligationCount: countSchema,
      missing: missingSchema,
      confidence: confidenceSchema,
    }),
  }),
  dataReferences: ['/dataSource/parsedFileId'],
};

export const insightsCapabilities: readonly CapabilityInput[] = [assessQuality, analyze, extract];
