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
import { HORIZON_WEEKS_MIN } from './roadmap.js';

const GOALS_MAX = 50;
const common = {
  version: '1.0.0',
  realm: 'solution',
  determinism: 'deterministic',
  sideEffects: 'idempotent',
  timeoutMs: 30_000,
} as const;
/** As long as the file has it. */
const columnNameSchema: JsonSchema = { type: 'string', minLength: 1 };
const goalTextSchema: JsonSchema = { type: 'string', pattern: '\\S', maxLength: 1_000 };
const goalTextsSchema: JsonSchema = { type: 'array', items: goalTextSchema, minItems: 1, maxItems: GOALS_MAX };
const goalIdSchema: JsonSchema = { type: 'string', pattern: '^goal_[1-9][0-9]*$' };
const goalsSchema: JsonSchema = {
  type: 'array',
  items: objectSchema({
    goalId: goalIdSchema,
    text: textSchema(4_000),
    statedTargets: { type: 'array', items: textSchema(200) },
  }),
};
const contextIdSchema = artifactIdSchema('context');
const nameSchema: JsonSchema = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$' };
const pillarSchema: JsonSchema = { type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' };
const pillarsSchema: JsonSchema = { type: 'array', items: pillarSchema, maxItems: 16 };
const preferenceSchema = objectSchema({
  pillar: pillarSchema,
  enabled: { type: 'boolean' },
  order: { type: 'integer', minimum: 1, maximum: 1_000 },
});

const establishContext: CapabilityInput = {
  ...common,
  name: 'solution.establish_context',
  description: 'States the goals of a session, its solution and the pillars to go through.',
  intents: ['solution.establish_context'],
  inputContract: payloadContract(
    objectSchema(
      {
        userGoals: { anyOf: [{ type: 'string', pattern: '[^\\s;]', maxLength: 4_000 }, goalTextsSchema] },
        solutionStructure: objectSchema({ solutionId: nameSchema, strategicFocus: textSchema(200) }, [
          'strategicFocus',
        ]),
        pillarPreferences: { type: 'array', items: preferenceSchema, maxItems: 16 },
      },
      ['pillarPreferences'],
    ),
  ),
  outputContract: resultContract({
    idKind: 'context',
    resultType: 'solution_context',
    parents: { maxItems: 1 },
    semanticPayload: objectSchema({
      solutionId: nameSchema,
      strategicFocus: { anyOf: [textSchema(200), { type: 'null' }] },
      goals: goalsSchema,
      pillars: pillarsSchema,
    }),
    eventType: 'solution.context_established',
    eventData: objectSchema({
      contextId: contextIdSchema,
      solutionId: nameSchema,
      goalCount: countSchema,
      pillars: pillarsSchema,
    }),
    stateChange: objectSchema({
      scope: { const: 'session' },
      key: { const: 'solution.context' },
      value: objectSchema({ contextId: contextIdSchema, solutionId: nameSchema, pillars: pillarsSchema }),
    }),
  }),
};

const roadmapTypeSchema: JsonSchema = { enum: ['strategic', 'tactical', 'execution'] };
const weekSchema: JsonSchema = { type: 'integer', minimum: 1, maximum: 520 };
const phaseSchema = objectSchema({
  phaseId: { type: 'string', pattern: '^phase_[1-9]$' },
  name: textSchema(64),
  startWeek: weekSchema,
  endWeek: weekSchema,
  items: {
    type: 'array',
    items: objectSchema({ goalId: goalIdSchema, activity: textSchema(2_000) }),
    maxItems: GOALS_MAX,
  },
});

const createRoadmap: CapabilityInput = {
  ...common,
  name: 'solution.create_roadmap',
  description: 'Lays goals out over the phases of a roadmap, by rule.',
  intents: ['solution.create_roadmap'],
  inputContract: payloadContract(
    objectSchema(
      {
        goals: goalTextsSchema,
        roadmapType: roadmapTypeSchema,
        roadmapOptions: objectSchema({ horizonWeeks: { type: 'integer', minimum: HORIZON_WEEKS_MIN, maximum: 520 } }, [
          'horizonWeeks',
        ]),
        contextId: contextIdSchema,
      },
      ['roadmapOptions', 'contextId'],
    ),
  ),
  outputContract: resultContract({
    idKind: 'roadmap',
    resultType: 'roadmap',
    parents: { maxItems: 1 },
    semanticPayload: objectSchema({
      roadmapType: roadmapTypeSchema,
      horizonWeeks: weekSchema,
      horizonSource: { enum: ['given', 'default'] },
      goals: goalsSchema,
      phases: { type: 'array', items: phaseSchema, minItems: 1, maxItems: 9 },
      openQuestions: {
        type: 'array',
        items: objectSchema({ goalId: goalIdSchema, question: textSchema(200) }),
        maxItems: GOALS_MAX,
      },
    }),
    eventType: 'solution.roadmap_created',
    eventData: objectSchema({
      roadmapId: artifactIdSchema('roadmap'),
      roadmapType: roadmapTypeSchema,
      horizonWeeks: weekSchema,
      goalCount: countSchema,
      phaseCount: countSchema,
    }),
  }),
  dataReferences: ['/contextId'],
};

const parsedIdSchema = artifactIdSchema('parsed');
const SOURCES_MAX = 16;

/** A saga as code: its children are intents of insights. */
const mashData: CapabilityInput = {
  ...common,
  name: 'solution.mash_data',
  description: 'Finds out what several parsed files have in common and registers it; moves no rows.',
  intents: ['solution.mash_data'],
  durable: true,
  inputContract: payloadContract(
    objectSchema(
      {
        sources: { type: 'array', items: parsedIdSchema, minItems: 2, maxItems: SOURCES_MAX, uniqueItems: true },
        minScore: { type: 'number', minimum: 0, maximum: 1 },
        approvalTimeoutMs: { type: 'integer', minimum: 1_000, maximum: 31_536_000_000 },
      },
      ['minScore', 'approvalTimeoutMs'],
    ),
  ),
  outputContract: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...objectSchema({
      artifacts: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: objectSchema({
          artifactId: artifactIdSchema('mash'),
          resultType: { const: 'data_mash' },
          semanticPayload: objectSchema({
            sources: {
              type: 'array',
              items: objectSchema({ source: parsedIdSchema, score: { type: 'number', minimum: 0, maximum: 1 } }),
              maxItems: SOURCES_MAX,
            },
            mapping: {
              type: 'array',
              items: objectSchema({
                meaning: columnNameSchema,
                columns: {
                  type: 'array',
                  items: objectSchema({ source: parsedIdSchema, column: columnNameSchema, type: textSchema(32) }),
                },
                compatible: { type: 'boolean' },
                key: { type: 'boolean' },
              }),
            },
          }),
          renderings: { type: 'array', maxItems: 0 },
          parents: { type: 'array', items: parsedIdSchema },
        }),
      },
      events: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: objectSchema({
          eventType: { const: 'solution.data_mashed' },
          data: objectSchema({ mashId: artifactIdSchema('mash'), sourceCount: countSchema }),
        }),
      },
      stateChanges: { type: 'array', maxItems: 0 },
    }),
  },
  dataReferences: ['/sources/*'],
};

export const solutionCapabilities: readonly CapabilityInput[] = [establishContext, createRoadmap, mashData];
