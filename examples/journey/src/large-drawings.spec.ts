import { beforeEach, describe, expect, it } from '@jest/globals';
import { JourneyInMemory, processOf } from '../testing/journey-in-memory.js';

const TASKS = '<startEvent id="s"/><task id="a" name="A"/>s->a;';
let journey: JourneyInMemory;
beforeEach(() => {
  journey = new JourneyInMemory();
});

describe('a drawing at its limits', () => {
  it('gives its name of 2,000 characters to the procedure', async () => {
    const name = 'n'.repeat(2_000);
    const { payload } = await journey.sopOf(processOf(TASKS).replace('name="Claims"', `name="${name}"`));
    expect(payload.title).toBe(`Standard operating procedure: ${name}`);
  });

  it('names every one of its 9,999 flows without ends', async () => {
    const { payload } = await journey.workflowOf(processOf(`${TASKS}<task id="b"/>${'<sequenceFlow/>'.repeat(9_999)}`));
    const incomplete = payload.findings.filter(({ code }: { code: string }) => code === 'incomplete_flow');
    expect(incomplete).toHaveLength(9_999);
  });

  it('is refused with more than 10,000 processes', async () => {
    const xml = processOf(TASKS).replace(
      '</bpmn2:definitions>',
      `${'<bpmn2:process/>'.repeat(10_000)}</bpmn2:definitions>`,
    );
    await expect(journey.workflowOf(xml)).rejects.toMatchObject({
      code: 'workflow_too_large',
      options: { details: { processesMax: 10_000 } },
    });
  });
});
