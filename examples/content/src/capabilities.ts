import {
  artifactIdSchema,
  type CapabilityInput,
  contentRefSchema,
  countSchema,
  type JsonSchema,
  objectSchema,
  payloadContract,
  referenceSchema,
  resultContract,
  sha256Schema,
  textSchema,
} from '@intendant/participant';

const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const contractIdSchema = textSchema(128);
const nameSchema: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
};
const fileTypeSchema: JsonSchema = { type: 'string', pattern: '^[a-z][a-z0-9_]{0,31}$' };
const mimeTypeSchema: JsonSchema = { type: 'string', pattern: '^[a-z]+/[A-Za-z0-9.+-]+(?:;.*)?$', maxLength: 128 };
const parsingTypeSchema: JsonSchema = { enum: ['csv', 'bpmn', 'pdf', 'mainframe'] };
const common = {
  version: '1.0.0',
  realm: 'content',
  determinism: 'deterministic',
  sideEffects: 'idempotent',
  timeoutMs: 30_000,
} as const;

const fileProperties: JsonSchema = {
  uiName: nameSchema,
  fileType: fileTypeSchema,
  mimeType: mimeTypeSchema,
  contentRef: contentRefSchema,
  sha256: sha256Schema,
  sizeBytes: countSchema,
};
const registeredFile: JsonSchema = { ...fileProperties, boundaryContractId: nullable(contractIdSchema) };

const upload: CapabilityInput = {
  ...common,
  name: 'content.upload',
  description: 'Registers stored content as a file of the session.',
  intents: ['content.upload'],
  inputContract: payloadContract(
    objectSchema({ ingestionType: { const: 'upload' }, ...fileProperties }, [
      'ingestionType',
      'mimeType',
      'sha256',
      'sizeBytes',
    ]),
  ),
  outputContract: resultContract({
    idKind: 'file',
    resultType: 'file',
    parents: { minItems: 1, maxItems: 2 },
    semanticPayload: objectSchema(registeredFile),
    eventType: 'content.file_registered',
    eventData: objectSchema({ fileId: artifactIdSchema('file'), ...registeredFile }),
  }),
  dataReferences: ['/contentRef'],
  boundary: { phase: 'propose', sourceType: 'file', identifierPointer: '/uiName' },
};

const materialization: JsonSchema = {
  fileId: artifactIdSchema('file'),
  boundaryContractId: contractIdSchema,
  contentRef: contentRefSchema,
  sha256: sha256Schema,
  sizeBytes: countSchema,
  status: { const: 'materialized' },
};
const materializationIdSchema = artifactIdSchema('materialization');

const saveMaterialization: CapabilityInput = {
  ...common,
  name: 'content.save_materialization',
  description: 'Keeps a file under the boundary contract it was taken in with.',
  intents: ['content.save_materialization'],
  inputContract: payloadContract(
    objectSchema({ fileId: artifactIdSchema('file'), boundaryContractId: contractIdSchema }),
  ),
  outputContract: resultContract({
    idKind: 'materialization',
    resultType: 'materialization',
    parents: { minItems: 1, maxItems: 2 },
    semanticPayload: objectSchema(materialization),
    eventType: 'content.file_materialized',
    eventData: objectSchema({ materializationId: materializationIdSchema, ...materialization }),
    stateChange: objectSchema({
      scope: { const: 'session' },
      key: { type: 'string', pattern: '^content\\.materialized/file_[0-9a-f]{32}$' },
      value: objectSchema({ materializationId: materializationIdSchema, boundaryContractId: contractIdSchema }),
    }),
  }),
  dataReferences: ['/fileId'],
  boundary: { phase: 'activate', contractPointer: '/boundaryContractId' },
};

const parseOptionsSchema = objectSchema(
  {
    encoding: { enum: ['utf-8', 'ascii', 'utf-16le', 'latin1', 'windows-1252', 'cp037', 'ebcdic'] },
    output: { const: 'jsonl' },
    expectedRecordLength: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    header: { type: 'boolean' },
    delimiter: { type: 'string', minLength: 1, maxLength: 1, pattern: '^[^"\\r\\n]$' },
    raggedRows: { enum: ['report', 'fail'] },
    keepLineNumbers: { type: 'boolean' },
  },
  ['encoding', 'output', 'expectedRecordLength', 'header', 'delimiter', 'raggedRows', 'keepLineNumbers'],
);
const columnSchema: JsonSchema = {
  type: 'object',
  required: ['name', 'type'],
  properties: { name: { type: 'string' }, type: { enum: ['string', 'integer', 'decimal'] } },
  additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
};

const parse: CapabilityInput = {
  ...common,
  name: 'content.parse',
  description: 'Reads a CSV, BPMN, PDF or fixed-width mainframe file into JSON lines.',
  intents: ['content.parse'],
  inputContract: payloadContract({
    ...objectSchema(
      {
        fileId: artifactIdSchema('file'),
        parsingType: parsingTypeSchema,
        copybookReference: referenceSchema('file'),
        parseOptions: parseOptionsSchema,
      },
      ['copybookReference', 'parseOptions'],
    ),
    if: { properties: { parsingType: { const: 'mainframe' } } },
    // oxlint-disable-next-line unicorn/no-thenable
    then: { properties: { copybookReference: true }, required: ['copybookReference'] },
    else: { properties: { copybookReference: false } },
  }),
  outputContract: resultContract({
    idKind: 'parsed',
    resultType: 'parsed_content',
    parents: { minItems: 1, maxItems: 2 },
    semanticPayload: objectSchema({
      sourceFileId: artifactIdSchema('file'),
      parserType: parsingTypeSchema,
      recordCount: countSchema,
      schema: objectSchema({ recordKind: { enum: ['record', 'text_line', 'element'] }, fingerprint: sha256Schema }),
      columns: { type: 'array', items: columnSchema, minItems: 1, maxItems: 2_000 },
      parsing: { type: 'object' },
    }),
    eventType: 'content.file_parsed',
    eventData: objectSchema({
      parsedFileId: artifactIdSchema('parsed'),
      sourceFileId: artifactIdSchema('file'),
      parserType: parsingTypeSchema,
      recordCount: countSchema,
    }),
  }),
  dataReferences: ['/fileId', '/copybookReference'],
};

export const contentCapabilities: readonly CapabilityInput[] = [upload, saveMaterialization, parse];
