import { beforeEach, describe, expect, it } from '@jest/globals';
import { JourneyInMemory, type Json, processOf, stepsOf } from '../testing/journey-in-memory.js';

let journey: JourneyInMemory;
beforeEach(() => {
  journey = new JourneyInMemory();
});

describe('a task that is done more than once', () => {
  it.each([
    ['<multiInstanceLoopCharacteristics isSequential="true"/>', 'for each item, one after the other', 'in_turn'],
    ['<multiInstanceLoopCharacteristics/>', 'for each item, side by side', 'side_by_side'],
    [
      '<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality><completionCondition>two agree</completionCondition></multiInstanceLoopCharacteristics>',
      '3 times, side by side, until two agree',
      'side_by_side',
    ],
    [
      '<standardLoopCharacteristics testBefore="true" loopMaximum="5"><loopCondition>not paid</loopCondition></standardLoopCharacteristics>',
      'repeated as long as not paid, at most 5 times, asked before the first time, too',
      'loop',
    ],
    ['<standardLoopCharacteristics/>', 'repeated until its condition is met, which is not stated', 'loop'],
  ])('says how often a step is done: %s', async (characteristics, repeats, manner) => {
    const sop = await journey.sopOf(
      processOf(
        `<startEvent id="s"/><task id="a" name="A">${characteristics}</task><task id="b" name="B"/><endEvent id="e"/>s->a;a->b;b->e;`,
      ),
    );
    expect(sop.payload.sections[0].steps.map((step: Json) => step.repeats)).toEqual([repeats, undefined]);
    expect(sop.rendering).toContain(`1. A (${repeats})\n`);
    const workflow = journey.context.references.artifact(sop.artifact.parents[0] ?? '').semanticPayload as Json;
    expect(workflow.tasks.map(({ repetition }: Json) => repetition?.manner)).toEqual([manner, undefined]);
    const isOpen = repeats.includes('not stated');
    expect(sop.payload.gaps).toEqual(isOpen ? [{ code: 'loop_without_condition', elementId: 'a' }] : []);
  });
});

const COMPENSATED = processOf(
  `<startEvent id="s"/><task id="a" name="Book"/><boundaryEvent id="be" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>
  <task id="u" name="Unbook" isForCompensation="true"/><endEvent id="e"/><association id="x" sourceRef="be" targetRef="u"/>s->a;a->e;`,
);

describe('a task that undoes another', () => {
  it('knows which tasks undo others, and says that they are no steps', async () => {
    const { payload } = await journey.workflowOf(COMPENSATED);
    expect(payload.findings).toEqual([
      { code: 'compensation_not_a_step', elementId: 'be' },
      { code: 'compensation_not_a_step', elementId: 'u' },
    ]);
    expect(payload.tasks.map(({ name, isForCompensation }: Json) => [name, isForCompensation])).toEqual([
      ['Book', undefined],
      ['Unbook', true],
    ]);
  });

  it('takes for a step what a flow leads to, though it is marked as undoing', async () => {
    const { payload } = await journey.workflowOf(
      processOf('<startEvent id="s"/><task id="a" name="A" isForCompensation="true"/><endEvent id="e"/>s->a;a->e;'),
    );
    expect(payload.findings).toEqual([]);
  });

  it('makes no step of what undoes one, and names it as a gap', async () => {
    const sop = await journey.sopOf(COMPENSATED);
    expect(stepsOf(sop)).toEqual([['1', 'task', 'Book', '>end']]);
    expect(sop.payload.gaps.map(({ elementId }: Json) => elementId)).toEqual(['be', 'u']);
  });
});
