import { describe, expect, it } from '@jest/globals';
import { inventoryOf } from './bpmn-elements.js';

const MODEL = 'http://www.omg.org/spec/BPMN/20100524/MODEL';
const definitions = (prefix: string, body: string): string => {
  const p = prefix ? `${prefix}:` : '';
  const xml = body.replace(/<(\/?)_/g, `<$1${p}`);
  return `<${p}definitions xmlns${prefix ? `:${prefix}` : ''}="${MODEL}" id="d">${xml}</${p}definitions>`;
};
const PROCESS = `<_process id="p">
  <_task id="a" name="A"/><_exclusiveGateway id="g" default="f2"/><_task id="b"/><_boundaryEvent id="e" attachedToRef="b"/>
  <_subProcess id="s"><_task id="c"/></_subProcess>
  <_sequenceFlow id="f1" sourceRef="a" targetRef="g"/>
  <_sequenceFlow id="f2" sourceRef="g" targetRef="b"/>
  <_sequenceFlow id="f3" sourceRef="g" targetRef="s"><_conditionExpression>x &gt; 1</_conditionExpression></_sequenceFlow>
</_process>`;

describe('bpmn elements', () => {
  it.each(['', 'bpmn', 'bpmn2', 'semantic'])('reads a file whose prefix is %j', async (prefix) => {
    const { records, countsByType } = await inventoryOf(definitions(prefix, PROCESS));
    expect(countsByType).toMatchObject({
      task: 3,
      exclusiveGateway: 1,
      subProcess: 1,
      sequenceFlow: 3,
      boundaryEvent: 1,
    });
    const byId = new Map(records.map(({ values }) => [values.elementId, values]));
    expect(byId.get('g')).toMatchObject({ defaultFlowId: 'f2', processId: 'p' });
    expect(byId.get('f3')).toMatchObject({ sourceId: 'g', targetId: 's', condition: 'x > 1' });
    expect(byId.get('e')).toMatchObject({ attachedToId: 'b' });
    expect(byId.get('c')).toMatchObject({ parentId: 's' });
  });

  it('knows how often an activity is done, in the words of a workflow', async () => {
    const loops = `<_process id="p">
      <_task id="a"><_multiInstanceLoopCharacteristics isSequential="true"/></_task>
      <_task id="b"><_multiInstanceLoopCharacteristics><_loopCardinality>3</_loopCardinality>
        <_completionCondition>two agree</_completionCondition></_multiInstanceLoopCharacteristics></_task>
      <_task id="c"><_standardLoopCharacteristics testBefore="true" loopMaximum="5">
        <_loopCondition>not paid</_loopCondition></_standardLoopCharacteristics></_task>
      <_task id="once"/></_process>`;
    const { records } = await inventoryOf(definitions('bpmn', loops));
    const repetitions = records.map(({ values }) =>
      Object.entries(values).flatMap(([name, value]) =>
        name.startsWith('repetition.') && value !== null ? [`${name.slice('repetition.'.length)}=${value}`] : [],
      ),
    );
    expect(repetitions).toEqual([
      ['manner=in_turn'],
      ['manner=side_by_side', 'times=3', 'condition=two agree'],
      ['manner=loop', 'times=5', 'condition=not paid', 'testBefore=true'],
      [],
    ]);
  });

  it('knows what undoes what', async () => {
    const compensated = `<_process id="p"><_task id="a" name="Book"/>
      <_boundaryEvent id="e" attachedToRef="a"><_compensateEventDefinition/></_boundaryEvent>
      <_task id="u" name="Unbook" isForCompensation="true"/>
      <_textAnnotation id="t"><_text>a note</_text></_textAnnotation>
      <_association id="x" sourceRef="e" targetRef="u"/></_process>`;
    const { records, countsByType } = await inventoryOf(definitions('bpmn', compensated));
    expect(countsByType).toEqual({ task: 2, boundaryEvent: 1, association: 1 });
    const byId = new Map(records.map(({ values }) => [values.elementId, values]));
    expect(byId.get('e')).toMatchObject({ attachedToId: 'a', 'trigger.kind': 'compensate' });
    expect(byId.get('x')).toMatchObject({ sourceId: 'e', targetId: 'u', parentId: 'p' });
    expect(['a', 'u'].map((id) => byId.get(id)?.isForCompensation)).toEqual([null, 'true']);
  });

  it('reads a megabyte and refuses more, before the reader keeps everybody waiting', async () => {
    const start = definitions('bpmn', PROCESS);
    const filled = (characters: number) => `${start}${' '.repeat(characters - start.length)}`;
    expect((await inventoryOf(filled(1_048_576))).countsByType).toMatchObject({ task: 3 });
    await expect(inventoryOf(filled(1_048_577))).rejects.toMatchObject({
      code: 'bpmn_too_large',
      options: { details: { characters: 1_048_577, charactersMax: 1_048_576 } },
    });
  });

  it('ends at the first element that is wrong, however many there are', async () => {
    const wrong = definitions('bpmn', `<_process id="p">\n${'<_task id="a"/>'.repeat(40_000)}</_process>`);
    await expect(inventoryOf(wrong)).rejects.toMatchObject({
      code: 'bpmn_malformed',
      options: { details: { line: 2 } },
    });
  });

  it.each([
    [
      'a flow that leads nowhere',
      '<_process id="p"><_task id="a"/><_sequenceFlow id="f" sourceRef="a" targetRef="z"/></_process>',
      'bpmn_unresolved_reference',
      { elementId: 'f', reference: 'z' },
    ],
    ['an id used twice', '<_process id="p"><_task id="a"/>\n<_task id="a"/></_process>', 'bpmn_malformed', { line: 2 }],
    ['an element of no BPMN', '<_process id="p"><_magicTask id="a"/></_process>', 'bpmn_malformed', { line: 1 }],
    [
      'an entity that is declared nowhere',
      '<_process id="p">\n<_task id="a" name="&nope;"/></_process>',
      'bpmn_malformed',
      { line: 2 },
    ],
    ['a tag left open', '<_process id="p"><_task id="a"></_process>', 'bpmn_malformed', { line: 1 }],
    ['no process', '<_message id="m"/>', 'bpmn_without_process', {}],
  ])('refuses %s', async (_, body, code, details) => {
    await expect(inventoryOf(definitions('bpmn', body))).rejects.toMatchObject({ code, options: { details } });
  });

  it.each(['', 'plain text', '<html/>'])('refuses %j', async (text) => {
    await expect(inventoryOf(text)).rejects.toMatchObject({ code: 'bpmn_malformed' });
  });
});
