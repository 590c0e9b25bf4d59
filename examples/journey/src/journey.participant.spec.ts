import { readFileSync } from 'node:fs';
import { digestOf } from '@intendant/kernel';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { violations } from '../../testing/contract-check.js';
import { cpuStopwatch } from '../../testing/cpu-time.js';
import { intentOf, type MemoryContext } from '../../testing/handler-context.js';
import { contractOf, JourneyInMemory, type Json, processOf, stepsOf } from '../testing/journey-in-memory.js';
import { journeyCapabilities } from './index.js';
import { sectionsOf } from './sop.js';
import { summaryOf } from './workflow.js';

const beneficiaryChange = readFileSync(new URL('../../data/workflow_beneficiary_change.bpmn', import.meta.url));
let journey: JourneyInMemory;
let participant: JourneyInMemory['participant'];
let context: MemoryContext;
const handle: JourneyInMemory['handle'] = (...told) => journey.handle(...told);
const workflowOf: JourneyInMemory['workflowOf'] = (...told) => journey.workflowOf(...told);
const sopOf: JourneyInMemory['sopOf'] = (...told) => journey.sopOf(...told);

beforeEach(() => {
  journey = new JourneyInMemory();
  ({ participant, context } = journey);
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

  it('reads the encodings that content reads', async () => {
    const text = processOf('<startEvent id="s"/><task id="a" name="Prüfen"/><endEvent id="e"/>s->a;a->e;');
    const declaring = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?>${text}`;
    const wide = Buffer.from(`\ufeff${declaring('UTF-16')}`, 'utf16le');
    const files = [
      wide,
      Buffer.from(wide).swap16(),
      Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      Buffer.from(declaring('ISO-8859-1'), 'latin1'),
      Buffer.from(declaring('utf8')),
    ];
    for (const file of files) {
      expect((await workflowOf(file)).payload.tasks).toMatchObject([{ name: 'Prüfen' }]);
      expect(stepsOf(await sopOf(file))).toEqual([['1', 'task', 'Prüfen', '>end']]);
    }
    const bytes = Buffer.from(declaring('US-ASCII'));
    await expect(workflowOf(bytes)).rejects.toMatchObject({
      code: 'invalid_encoding',
      options: { details: { encoding: 'ascii', line: 1 } },
    });
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

  it('says which flow has no beginning', async () => {
    const { payload } = await workflowOf(
      processOf(
        '<startEvent id="s"/><task id="a" name="A"/><endEvent id="e"/><sequenceFlow id="f" targetRef="a"/>s->a;a->e;',
      ),
    );
    expect(payload.findings).toEqual([{ code: 'incomplete_flow', elementId: 'f' }]);
  });

  it('reads references to characters, and what looks like one in a comment', async () => {
    const { payload } = await workflowOf(
      processOf(
        '<!-- &nope; --><startEvent id="s"/><task id="a" name="A &amp;amp; &#66;"/><endEvent id="e"/>s->a;a->e;',
      ),
    );
    expect(payload.tasks).toMatchObject([{ name: 'A &amp; B' }]);
  });

  it.each([
    ['plain text', 'bpmn_malformed'],
    [processOf('<task id="a" name="A &nope; B"/>'), 'bpmn_malformed'],
    [processOf(Array.from({ length: 10_001 }, () => '<sequenceFlow/>').join('')), 'workflow_too_large'],
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
      ['1.2', 'task', 'Y', '>2'],
      ['2', 'task', 'Pay', '>end'],
      ['3', 'exception', 'Too late', '>4'],
      ['4', 'task', 'Remind', '>end'],
    ]);
    expect(sop.payload.sections[0].steps[4]).toMatchObject({ exceptionOf: '1' });
    expect(sop.payload.sections[0].triggers).toEqual(['Claim filed']);
  });

  it('says when an exception happens, and whether its step goes on', async () => {
    const sop = await sopOf(
      processOf(`<startEvent id="s"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent><task id="a" name="A"/>
        <boundaryEvent id="t" name="Late" attachedToRef="a" cancelActivity="false"><timerEventDefinition><timeDuration>PT24H</timeDuration></timerEventDefinition></boundaryEvent>
        <boundaryEvent id="m" attachedToRef="a"><errorEventDefinition/></boundaryEvent><task id="r" name="Remind"/>
        <subProcess id="v" triggeredByEvent="true" name="Withdrawn"><startEvent id="vs" isInterrupting="false"><messageEventDefinition/></startEvent><task id="w" name="W"/>vs->w;</subProcess>
        s->a;t->r;m->r;`),
    );
    expect(sop.payload.sections[0].triggers).toEqual(['timer R/P1D']);
    const { rendering } = sop;
    expect(rendering).toContain('Exception: Late (timer PT24H) in step 1, the step goes on\n');
    expect(rendering).toContain('Exception: unnamed (m) (error) in step 1\n');
    expect(rendering).toContain('. Withdrawn (message), the step goes on\n');
    const workflow = context.references.artifact(sop.artifact.parents[0] ?? '').semanticPayload as Json;
    expect(workflow.events).toContainEqual({
      elementId: 't',
      name: 'Late',
      type: 'boundaryEvent',
      lane: null,
      trigger: { kind: 'timer', detail: 'PT24H' },
      attachedToId: 'a',
      interrupting: false,
    });
  });

  it('follows links, and waits where inclusive branches meet', async () => {
    const sop = await sopOf(
      processOf(`<startEvent id="s"/><inclusiveGateway id="f" name="Which?"/><task id="a" name="A"/><task id="b" name="B"/>
        <inclusiveGateway id="j"/><intermediateThrowEvent id="x"><linkEventDefinition name="Page 2"/></intermediateThrowEvent>
        <intermediateCatchEvent id="y"><linkEventDefinition name="Page 2"/></intermediateCatchEvent><task id="c" name="C"/><endEvent id="e"/>
        s->f;f->a[one];f->b[two];a->j;b->j;j->x;y->c;c->e;`),
    );
    expect(stepsOf(sop)).toEqual([
      ['1', 'decision', 'Which?', 'one>2 two>3'],
      ['2', 'task', 'A', '>4'],
      ['3', 'task', 'B', '>4'],
      ['4', 'inclusive_join', null, '>5'],
      ['5', 'task', 'C', '>end'],
    ]);
    expect(sop.payload.gaps).toEqual([]);
    expect(sop.rendering).toContain('4. Wait for all branches that were taken: ');
  });

  it('goes on behind a sub-process, but not from an end that breaks it off', async () => {
    const sop = await sopOf(
      processOf(`<startEvent id="s"/><subProcess id="u" name="U"><startEvent id="us"/><subProcess id="i" name="I"><task id="x" name="X"/></subProcess>
        <exclusiveGateway id="g" name="Ok?"/><endEvent id="n" name="Fine"/><endEvent id="z" name="Broken"><errorEventDefinition/></endEvent>us->i;i->g;g->n[yes];g->z[no];</subProcess>
        <task id="q" name="P"/>s->u;u->q;`),
    );
    expect(stepsOf(sop)).toEqual([
      ['1', 'subprocess', 'U', '>2'],
      ['1.1', 'subprocess', 'I', '>1.2'],
      ['1.1.1', 'task', 'X', '>1.2'],
      ['1.2', 'decision', 'Ok?', 'yes>2 no>Broken'],
      ['2', 'task', 'P', '>end'],
    ]);
    expect(sop.rendering).toContain('- end of step 1.1, then go to step 1.2');
    expect(sop.rendering).toContain('- yes: end of step 1: Fine, then go to step 2');
  });

  it('keeps processes without an id apart', async () => {
    const xml = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process><startEvent id="s"/><task id="a" name="A"/></process>
      <process><startEvent id="t"/><task id="b" name="B"/></process></definitions>`;
    const { payload } = await sopOf(xml);
    expect(payload.sections.map(({ steps }: Json) => steps.map(({ title }: Json) => title))).toEqual([['A'], ['B']]);
    const workflow = (await workflowOf(xml)).payload;
    expect(workflow.tasks.map(({ name }: Json) => name)).toEqual(['A', 'B']);
    expect(new Set(workflow.processes.map(({ processId }: Json) => processId)).size).toBe(2);
  });

  it('lets nothing that comes from outside become markup', async () => {
    const statements = [
      '# Approved by CEO\n2. Pay everyone\n - go to step 9',
      '[x](javascript:alert(1)) <script>alert(1)</script> &lt;b> https://evil.example a@b.example',
      '- item',
      '2. Pay',
      '```code *bold* _i_ ~~s~~ | t | \\',
      'a\u2028b\u202ec',
    ];
    const told = await handle('journey.create_sop', { chatMode: true, statements, sopOptions: { title: 'T\n# U' } });
    expect(told.rendering.split('\n')).toEqual([
      '# T \\# U',
      '',
      '1. \\# Approved by CEO 2. Pay everyone - go to step 9',
      '   - go to step 2',
      '2. \\[x\\](javascript\\:alert(1)) \\<script\\>alert(1)\\</script\\> \\&lt;b\\> https\\://evil.example a\\@b.example',
      '   - go to step 3',
      '3. \\- item',
      '   - go to step 4',
      '4. 2\\. Pay',
      '   - go to step 5',
      '5. \\`\\`\\`code \\*bold\\* \\_i\\_ \\~\\~s\\~\\~ \\| t \\| \\\\',
      '   - go to step 6',
      '6. a bc',
      '   - end',
      '',
    ]);
    const { rendering } = await sopOf(
      processOf(
        `<startEvent id="s"/><task id="a" name="A"><documentation>Look.&#10;2. Pay everyone&#10;# H&#10;   - go to step 9</documentation></task><exclusiveGateway id="g" name="&lt;b&gt;"/><endEvent id="e"/>s->a;a->g;g->a[1. x];g->e[- y];`,
      ),
    );
    expect(rendering).toContain('1. A\n   Look.\n   2\\. Pay everyone\n   \\# H\n   \\- go to step 9\n');
    expect(rendering).toContain('2. Decide: \\<b\\>\n   - 1\\. x: go to step 1\n   - \\- y: end\n');
  });

  it.each(['&', '&a', '&#', '<!--', '\n', '- ', '1. ', '[', 'www', 'http:', '@', 'a@', ' '])(
    'writes down 1 MB of %j in time',
    async (piece) => {
      const elapsed = cpuStopwatch();
      const name = piece.repeat(1_000_000 / piece.length);
      const xml = processOf('<startEvent id="s"/><task id="a" name="A"><documentation>?</documentation></task>s->a;');
      await sopOf(xml.replace('?', () => `<![CDATA[${name}]]>`));
      expect(elapsed()).toBeLessThan(5_000);
    },
  );

  it('survives gateways that only lead to each other', async () => {
    const sop = await sopOf(
      processOf('<task id="a" name="A"/><exclusiveGateway id="g"/><exclusiveGateway id="h"/>a->g;g->h;h->g;'),
    );
    expect(stepsOf(sop)).toEqual([['1', 'task', 'A', '>end']]);
  });

  it('survives sub-processes that each go on at an end within the other', async () => {
    const sop = await sopOf(
      processOf(
        '<subProcess id="g"><task id="a" name="A"/><endEvent id="e"/></subProcess><subProcess id="h"><task id="b" name="B"/><endEvent id="f"/></subProcess>a->e;b->f;g->f;h->e;',
      ),
    );
    expect(stepsOf(sop).map(([step, kind]: Json) => [step, kind])).toEqual([
      ['1', 'subprocess'],
      ['1.1', 'task'],
      ['2', 'subprocess'],
      ['2.1', 'task'],
    ]);
  });

  it('looks at the flows of a process that has nodes only', () => {
    const processes = Array.from({ length: 50_000 }, (_, index) => ({ id: `p${index}`, name: null }));
    const place = { lane: null, documentation: null, parentId: 'p0', attachedToId: null };
    const node = { ...place, id: 'a', kind: 'activity' as const, type: 'task', name: 'A' };
    const flow = { id: 'f', sourceId: 'a', targetId: 'a', name: null, condition: null, isDefault: false };
    const graph = { name: null, processes, nodes: [node], flows: Array.from({ length: 10_000 }, () => flow) };
    const elapsedMs = cpuStopwatch();
    expect(summaryOf(graph).processes).toHaveLength(processes.length);
    expect(sectionsOf(graph)).toHaveLength(processes.length);
    expect(elapsedMs()).toBeLessThan(3_000);
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
