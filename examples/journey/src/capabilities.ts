import {
  artifactIdSchema,
  type CapabilityInput,
  countSchema,
  type JsonSchema,
  objectSchema,
  payloadContract,
  referenceSchema,
  resultContract,
  sha256Schema,
  textSchema,
} from '@intendant/participant';
import { SOP_STEP_KINDS } from './sop.js';

const common = {
  version: '1.0.0',
  realm: 'journey',
  determinism: 'deterministic',
  sideEffects: 'idempotent',
  timeoutMs: 30_000,
} as const;
const textOrNull: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'null' }] };
const list = (items: JsonSchema, maxItems = 10_000): JsonSchema => ({ type: 'array', items, maxItems });
const workflowIdSchema = artifactIdSchema('workflow');
const elementProperties: JsonSchema = {
  elementId: { type: 'string' },
  name: textOrNull,
  type: textSchema(64),
  lane: textOrNull,
};
const findingSchema = objectSchema({
  code: {
    enum: [
      'unnamed_task',
      'branch_without_condition',
      'no_start_event',
      'unreachable',
      'dead_end',
      'loop_without_condition',
      'compensation_not_a_step',
      'incomplete_flow',
    ],
  },
  elementId: { type: 'string' },
});
/** Each process, node and flow may have several. */
const findingsSchema = list(findingSchema, 50_000);
/** A name in a file has up to 2,000 characters; the title says what of, too. */
const titleSchema = textSchema(2_100);
const taskSchema = objectSchema(
  {
    ...elementProperties,
    repetition: objectSchema(
      {
        manner: { enum: ['in_turn', 'side_by_side', 'loop'] },
        times: textOrNull,
        items: textOrNull,
        condition: textOrNull,
        testBefore: { const: true },
      },
      ['testBefore'],
    ),
    isForCompensation: { const: true },
  },
  ['repetition', 'isForCompensation'],
);
const eventSchema = objectSchema(
  {
    ...elementProperties,
    trigger: objectSchema({ kind: textSchema(256), detail: textOrNull }),
    attachedToId: { type: 'string' },
    interrupting: { const: false },
  },
  ['trigger', 'attachedToId', 'interrupting'],
);
const branchSchema = objectSchema({
  label: textOrNull,
  condition: textOrNull,
  isDefault: { type: 'boolean' },
  targetId: { type: 'string' },
  target: textOrNull,
});

const createWorkflow: CapabilityInput = {
  ...common,
  name: 'journey.create_workflow',
  description: 'Makes a workflow of a BPMN 2.0 file.',
  intents: ['journey.create_workflow'],
  inputContract: payloadContract(
    objectSchema({ workflowType: { const: 'bpmn' }, workflowFileRef: referenceSchema('file') }),
  ),
  outputContract: resultContract({
    idKind: 'workflow',
    resultType: 'workflow',
    parents: { minItems: 1, maxItems: 1 },
    semanticPayload: objectSchema({
      workflowType: { const: 'bpmn' },
      sourceSha256: sha256Schema,
      name: textOrNull,
      processes: list(objectSchema({ processId: { type: 'string' }, name: textOrNull })),
      lanes: list({ type: 'string' }),
      tasks: list(taskSchema, 1_000),
      gateways: list(objectSchema({ ...elementProperties, branches: list(branchSchema) }), 1_000),
      events: list(eventSchema, 1_000),
      flowCount: countSchema,
      findings: findingsSchema,
    }),
    eventType: 'journey.workflow_created',
    eventData: objectSchema({
      workflowId: workflowIdSchema,
      name: textOrNull,
      taskCount: countSchema,
      gatewayCount: countSchema,
    }),
  }),
  dataReferences: ['/workflowFileRef'],
};

const stepNumberSchema: JsonSchema = { type: 'string', pattern: '^[0-9]+(?:\\.[0-9]+)*$' };
const nextSchema = objectSchema(
  { when: textOrNull, step: textOrNull, outcome: textOrNull, completes: stepNumberSchema },
  ['completes'],
);
const stepSchema = objectSchema(
  {
    step: stepNumberSchema,
    kind: { enum: [...SOP_STEP_KINDS] },
    title: textOrNull,
    role: textOrNull,
    instruction: textOrNull,
    exceptionOf: textOrNull,
    trigger: { type: 'string' },
    interrupting: { const: false },
    repeats: { type: 'string' },
    elementId: { type: 'string' },
    next: list(nextSchema),
  },
  ['trigger', 'interrupting', 'repeats'],
);
const sopPayload = objectSchema(
  {
    chatMode: { type: 'boolean' },
    workflowId: workflowIdSchema,
    statements: {
      type: 'array',
      items: { type: 'string', pattern: '\\S', maxLength: 1_000 },
      minItems: 1,
      maxItems: 200,
    },
    sopOptions: objectSchema({ audience: textSchema(200), title: textSchema(200) }, ['audience', 'title']),
  },
  ['chatMode', 'workflowId', 'statements', 'sopOptions'],
);

const createSop: CapabilityInput = {
  ...common,
  name: 'journey.create_sop',
  description: 'Writes a standard operating procedure from a workflow, or from steps told in a conversation.',
  intents: ['journey.create_sop'],
  inputContract: payloadContract({
    ...sopPayload,
    if: { properties: { chatMode: { const: true } }, required: ['chatMode'] },
    // oxlint-disable-next-line unicorn/no-thenable
    then: { properties: { statements: true, workflowId: false }, required: ['statements'] },
    else: { properties: { workflowId: true, statements: false }, required: ['workflowId'] },
  }),
  outputContract: resultContract({
    idKind: 'sop',
    resultType: 'sop',
    parents: { minItems: 0, maxItems: 1 },
    semanticPayload: objectSchema({
      title: titleSchema,
      audience: textOrNull,
      roles: list({ type: 'string' }),
      sections: list(
        objectSchema({ title: textOrNull, triggers: list({ type: 'string' }), steps: list(stepSchema, 1_000) }),
      ),
      gaps: findingsSchema,
    }),
    eventType: 'journey.sop_created',
    eventData: objectSchema({
      sopId: artifactIdSchema('sop'),
      title: titleSchema,
      stepCount: countSchema,
      gapCount: countSchema,
    }),
  }),
  dataReferences: ['/workflowId'],
};

export const journeyCapabilities: readonly CapabilityInput[] = [createWorkflow, createSop];
