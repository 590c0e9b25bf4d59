import { beforeEach, describe, expect, it } from '@jest/globals';
import { JourneyInMemory, processOf, stepsOf } from '../testing/journey-in-memory.js';

let journey: JourneyInMemory;
beforeEach(() => {
  journey = new JourneyInMemory();
});

describe('a procedure says what the drawing says', () => {
  it('sends what is thrown, and waits for what is caught', async () => {
    const sop = await journey.sopOf(
      processOf(`<startEvent id="s"/><task id="a" name="A"/><intermediateThrowEvent id="t" name="Invoice sent"><messageEventDefinition/></intermediateThrowEvent>
        <intermediateThrowEvent id="m" name="Half way"/><intermediateCatchEvent id="c" name="Paid"><messageEventDefinition/></intermediateCatchEvent>
        <endEvent id="e"/>s->a;a->t;t->m;m->c;c->e;`),
    );
    expect(sop.rendering).toContain('2. Send: Invoice sent (message)\n');
    expect(sop.rendering).toContain('3. Reached: Half way\n');
    expect(sop.rendering).toContain('4. Wait for: Paid (message)\n');
  });

  it('waits at a gateway of events for what happens first, and decides nothing', async () => {
    const sop = await journey.sopOf(
      processOf(`<startEvent id="s"/><task id="a" name="Ask"/><eventBasedGateway id="g" name="Answer?"/><intermediateCatchEvent id="m" name="Paid"><messageEventDefinition/></intermediateCatchEvent>
        <intermediateCatchEvent id="t"><timerEventDefinition/></intermediateCatchEvent><receiveTask id="r"/><task id="b" name="B"/><endEvent id="e"/>s->a;a->g;g->m;g->t;g->r;m->b;t->e;r->e;b->e;`),
    );
    expect(stepsOf(sop)[1]).toEqual(['2', 'event', 'Answer?', 'Paid (message)>3 timer>5 unnamed (r)>6']);
    expect(sop.rendering).toContain(
      '2. Wait for: Answer? (whichever happens first)\n   - Paid (message): go to step 3\n   - timer: go to step 5\n',
    );
    expect(sop.rendering).not.toContain('no condition stated');
  });

  it('takes all ways at the same time that nothing decides between', async () => {
    const { rendering } = await journey.sopOf(
      processOf(`<startEvent id="s"/><task id="a" name="A"/><task id="b" name="B"/><task id="c" name="C"/><parallelGateway id="k" name="K"/>
        <task id="y" name="Y"/><task id="x" name="X"/><endEvent id="e"/>s->a;a->b;a->c;b->y;b->x[if late];c->k;k->y;k->x;y->e;x->e;`),
    );
    expect(rendering).toContain('1. A\n   - at the same time: go to step 2\n   - at the same time: go to step 3\n');
    expect(rendering).toMatch(/B\n {3}- in any case: go to step \d\n {3}- if late: go to step \d\n/);
    expect(rendering).toMatch(/K\n {3}- at the same time: go to step \d\n {3}- at the same time: go to step \d\n/);
    expect(rendering).not.toContain('no condition stated');
  });

  it('keeps the condition of a gateway that one flow leaves', async () => {
    const sop = await journey.sopOf(
      processOf(`<startEvent id="s"/><task id="a" name="A"/><exclusiveGateway id="g" name="OK?"/><task id="b" name="B"/><exclusiveGateway id="m"/>
        <endEvent id="e"/>s->a;a->g;g->b[yes];b->m;m->e;`),
    );
    expect(stepsOf(sop)).toEqual([
      ['1', 'task', 'A', '>2'],
      ['2', 'decision', 'OK?', 'yes>3'],
      ['3', 'task', 'B', '>end'],
    ]);
  });

  it('keeps what a start says about the ways behind it', async () => {
    const two = await journey.sopOf(
      processOf(
        `<startEvent id="s" name="Call"/><task id="a" name="A"/><task id="b" name="B"/>s->a[if new];s->b[if known];`,
      ),
    );
    expect(stepsOf(two)).toEqual([
      ['1', 'start', 'Call', 'if new>2 if known>3'],
      ['2', 'task', 'A', '>end'],
      ['3', 'task', 'B', '>end'],
    ]);
    expect(two.rendering).toContain('1. Start: Call\n   - if new: go to step 2\n   - if known: go to step 3\n');
    const one = await journey.sopOf(processOf('<startEvent id="s"/><task id="a" name="A"/>s->a[if new];'));
    expect(stepsOf(one)[0]).toEqual(['1', 'start', null, 'if new>2']);
  });

  it('says where each of several starts begins', async () => {
    const sop = await journey.sopOf(
      processOf(
        `<startEvent id="s" name="Call"/><startEvent id="t" name="Letter"/><task id="a" name="A"/><task id="b" name="B"/>s->a;t->b;`,
      ),
    );
    expect(sop.payload.sections[0].triggers).toEqual(['Call', 'Letter']);
    expect(stepsOf(sop)).toEqual([
      ['1', 'start', 'Call', '>2'],
      ['2', 'task', 'A', '>end'],
      ['3', 'start', 'Letter', '>4'],
      ['4', 'task', 'B', '>end'],
    ]);
  });
});
