import { readFileSync } from 'node:fs';
import { digestOf } from '@intendant/kernel';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { checkedCapability, resultViolations, violations } from '../../testing/contract-check.js';
import { intentOf, MemoryContext } from '../../testing/handler-context.js';
import { JourneyParticipant, journeyCapabilities } from './index.js';

const participant = new JourneyParticipant();
const capabilities = new Map(journeyCapabilities.map((definition) => [definition.name, checkedCapability(definition)]));
const contractOf = (intentType: string): object => capabilities.get(intentType)?.inputContract ?? {};
const beneficiaryChange = readFileSync(new URL('../../data/workflow_beneficiary_change.bpmn', import.meta.url));
/** Payloads are held against their contract, then looked into freely. */
type Json = ReturnType<typeof JSON.parse>;
let context: MemoryContext;

async function handle(intentType: string, payload: Record<string, unknown>) {
  expect(violations(contractOf(intentType), payload)).toEqual([]);
  const result = await participant.handleIntent(intentOf(intentType, payload as never), context);
  expect(resultViolations(capabilities.get(intentType) as never, result)).toEqual([]);
  const artifact = context.keep(result);
  const rendering = context.bytes(artifact.renderings[0]?.content.ref ?? '').toString();
  return { result, artifact, rendering, payload: artifact.semanticPayload as Json };
}

const workflowOf = (xml: string | Uint8Array) =>
  handle('journey.create_workflow', { workflowType: 'bpmn', workflowFileRef: context.store(xml).ref });

async function sopOf(xml: string | Uint8Array, sopOptions = {}) {
  const { artifact } = await workflowOf(xml);
  return handle('journey.create_sop', { workflowId: artifact.artifactId, chatMode: false, sopOptions });
}

/** A process in the prefix `bpmn2`. */
const processOf = (body: string): string =>
  `<bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"><bpmn2:process id="p" name="Claims">${body
    .replace(/<(\/?)(\w)/g, '<$1bpmn2:$2')
    .replace(
      /([a-z]\w*)->([a-z]\w*)(?:\[([^\]]*)\])?;/g,
      '<bpmn2:sequenceFlow id="$1_$2" sourceRef="$1" targetRef="$2" name="$3"/>',
    )}</bpmn2:process></bpmn2:definitions>`;

beforeEach(() => {
  context = new MemoryContext();
});

describe('create_workflow', () => {
  it('answers exactly what its capabilities declare', () => {
    expect(journeyCapabilities.flatMap(({ intents }) => intents)).toEqual(participant.getSupportedIntents());
  });

  it('knows the tasks, the decision and the lanes of the beneficiary change', async () => {
    const { payload, artifact } = await workflowOf(beneficiaryChange);
    expect(payload.tasks.map(({ name, lane }: Json) => [name, lane])).toEqual([
      ['Verify Policy Status', 'Policy Services'],
      ['Validate New Beneficiary', 'Policy Services'],
      ['Update Beneficiary Record', 'Records'],
      ['Send Confirmation', 'Records'],
      ['Reject Request', 'Policy Services'],
    ]);
    expect(payload.gateways).toMatchObject([
      {
        name: 'Policy Active?',
        branches: [
          { label: 'Yes', target: 'Validate New Beneficiary' },
          { label: 'No', target: 'Reject Request' },
        ],
      },
    ]);
    expect(payload.findings).toEqual([]);
    expect(artifact.parents).toEqual([context.store(beneficiaryChange).ref]);
  });

  it('takes an uploaded file, and nothing else that is an artifact', async () => {
    const kept = (resultType: string, artifactId: string): string => {
      const renderings = [{ mediaType: 'application/xml', content: context.store(beneficiaryChange) }];
      context.keep({ artifacts: [{ artifactId, resultType, semanticPayload: {}, renderings, parents: [] }] });
      return artifactId;
    };
    const file = kept('file', `file_${'0'.repeat(32)}`);
    const { payload } = await handle('journey.create_workflow', { workflowType: 'bpmn', workflowFileRef: file });
    expect(payload.tasks).toHaveLength(5);
    const parsed = kept('parsed_content', `parsed_${'0'.repeat(32)}`);
    const intent = intentOf('journey.create_workflow', { workflowType: 'bpmn', workflowFileRef: parsed });
    await expect(participant.handleIntent(intent, context)).rejects.toMatchObject({ code: 'not_a_file' });
  });

  it('says what the drawing leaves open', async () => {
    const { payload } = await workflowOf(
      processOf(
        '<startEvent id="s"/><exclusiveGateway id="g"/><task id="a" name="A"/><task id="b"/><task id="z" name="Z"/>s->g;g->a[yes];g->b;',
      ),
    );
    expect(payload.findings).toEqual([
      { code: 'branch_without_condition', elementId: 'g_b' },
      { code: 'dead_end', elementId: 'a' },
      { code: 'unnamed_task', elementId: 'b' },
      { code: 'dead_end', elementId: 'b' },
      { code: 'dead_end', elementId: 'z' },
      { code: 'unreachable', elementId: 'z' },
    ]);
  });

  it.each([
    ['plain text', 'bpmn_malformed'],
    [processOf('<startEvent id="s"/>'), 'bpmn_without_tasks'],
    [processOf('<task id="a"/>a->b;'), 'bpmn_unresolved_reference'],
    [processOf('<task name="A"/>'), 'bpmn_element_without_id'],
  ])('refuses %j', async (xml, code) => {
    await expect(workflowOf(xml)).rejects.toMatchObject({ code });
  });

  it.each([
    [{ workflowType: 'bpmn' }],
    [{ workflowType: 'bpmn', workflowFileRef: 'stage://w.bpmn' }],
    [{ workflowType: 'drawio', workflowFileRef: `content://${'0'.repeat(64)}` }],
  ])('has an input contract that refuses %j', (payload) => {
    expect(violations(contractOf('journey.create_workflow'), payload)).not.toEqual([]);
  });
});

describe('create_sop', () => {
  const stepsOf = ({ payload }: { payload: Json }) =>
    payload.sections[0].steps.map(({ step, kind, title, next }: Json) => [
      step,
      kind,
      title,
      next.map((way: Json) => `${way.when ?? ''}>${way.step ?? way.outcome ?? 'end'}`).join(' '),
    ]);

  it('writes the steps of the beneficiary change in order, with its decision', async () => {
    const sop = await sopOf(beneficiaryChange, { audience: 'operations' });
    expect(stepsOf(sop)).toEqual([
      ['1', 'task', 'Verify Policy Status', '>2'],
      ['2', 'decision', 'Policy Active?', 'Yes>3 No>6'],
      ['3', 'task', 'Validate New Beneficiary', '>4'],
      ['4', 'task', 'Update Beneficiary Record', '>5'],
      ['5', 'task', 'Send Confirmation', '>Beneficiary changed'],
      ['6', 'task', 'Reject Request', '>Request rejected'],
    ]);
    expect(sop.payload).toMatchObject({
      title: 'Standard operating procedure: Beneficiary Change',
      audience: 'operations',
      roles: ['Policy Services', 'Records'],
      gaps: [],
    });
    expect(sop.rendering).toContain(
      '2. Decide: Policy Active? (Policy Services)\n   - Yes: go to step 3\n   - No: go to step 6',
    );
  });

  it('tells parallel branches, joins, loops and merges apart', async () => {
    const sop = await sopOf(
      processOf(`<startEvent id="s"/><parallelGateway id="f"/><task id="a" name="A"/><task id="b" name="B"/><parallelGateway id="j"/>
        <exclusiveGateway id="m"/><task id="c" name="C"/><exclusiveGateway id="g" name="Good?"/><endEvent id="e" name="Done"/>
        s->f;f->a;f->b;a->j;b->j;j->m;m->c;c->g;g->e[yes];g->m[no];`),
    );
    expect(stepsOf(sop)).toEqual([
      ['1', 'parallel', null, '>2 >3'],
      ['2', 'task', 'A', '>4'],
      ['3', 'task', 'B', '>4'],
      ['4', 'join', null, '>5'],
      ['5', 'task', 'C', '>6'],
      ['6', 'decision', 'Good?', 'yes>Done no>5'],
    ]);
  });

  it('numbers sub-processes within their step and ties exceptions to theirs', async () => {
    const sop = await sopOf(
      processOf(`<startEvent id="s" name="Claim filed"/>
        <subProcess id="u" name="Check"><startEvent id="us"/><task id="x" name="X"/><task id="y" name="Y"/>us->x;x->y;</subProcess>
        <boundaryEvent id="t" name="Too late" attachedToRef="u"/><task id="a" name="Remind"/><task id="b" name="Pay"/>
        s->u;u->b;t->a;`),
    );
    expect(stepsOf(sop)).toEqual([
      ['1', 'subprocess', 'Check', '>2'],
      ['1.1', 'task', 'X', '>1.2'],
      ['1.2', 'task', 'Y', '>end'],
      ['2', 'task', 'Pay', '>end'],
      ['3', 'exception', 'Too late', '>4'],
      ['4', 'task', 'Remind', '>end'],
    ]);
    expect(sop.payload.sections[0].steps[4]).toMatchObject({ exceptionOf: '1' });
    expect(sop.payload.sections[0].triggers).toEqual(['Claim filed']);
  });

  it('survives gateways that only lead to each other', async () => {
    const sop = await sopOf(
      processOf('<task id="a" name="A"/><exclusiveGateway id="g"/><exclusiveGateway id="h"/>a->g;g->h;h->g;'),
    );
    expect(stepsOf(sop)).toEqual([['1', 'task', 'A', '>end']]);
  });

  it('writes down what was told in a conversation, step by step', async () => {
    const { payload, artifact } = await handle('journey.create_sop', {
      chatMode: true,
      statements: ['Open the file', 'Call the insured'],
    });
    expect(stepsOf({ payload })).toEqual([
      ['1', 'task', 'Open the file', '>2'],
      ['2', 'task', 'Call the insured', '>end'],
    ]);
    expect(artifact.parents).toEqual([]);
  });

  it('gives the same result for the same intent', async () => {
    expect(digestOf((await sopOf(beneficiaryChange)).result)).toBe(digestOf((await sopOf(beneficiaryChange)).result));
  });

  it('refuses an artifact that is no workflow', async () => {
    const { artifact } = await sopOf(beneficiaryChange);
    const intent = intentOf('journey.create_sop', { workflowId: artifact.artifactId });
    await expect(participant.handleIntent(intent, context)).rejects.toMatchObject({ code: 'not_a_workflow' });
  });

  it.each([
    [{}],
    [{ chatMode: false }],
    [{ chatMode: true }],
    [{ chatMode: true, statements: [] }],
    [{ workflowId: 'workflow_1' }],
  ])('has an input contract that refuses %j', (payload) => {
    expect(violations(contractOf('journey.create_sop'), payload)).not.toEqual([]);
  });
});
