import { digestOf } from '@intendant/kernel';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkedCapability, resultViolations, violations } from '../../testing/contract-check.js';
import { cpuStopwatch } from '../../testing/cpu-time.js';
import { intentOf, MemoryContext } from '../../testing/handler-context.js';
import { goalsOf } from './goals.js';
import { SolutionParticipant, solutionCapabilities } from './index.js';
import { HORIZON_WEEKS_MIN, roadmapOf } from './roadmap.js';

const participant = new SolutionParticipant();
const capabilities = new Map(
  solutionCapabilities.map((definition) => [definition.name, checkedCapability(definition)]),
);
const contractOf = (intentType: string): object => capabilities.get(intentType)?.inputContract ?? {};
/** Payloads are held against their contract, then looked into freely. */
type Json = ReturnType<typeof JSON.parse>;
let context: MemoryContext;

async function handle(intentType: string, payload: Record<string, unknown>) {
  expect(violations(contractOf(intentType), payload)).toEqual([]);
  const result = await participant.handleIntent(intentOf(intentType, payload as never), context);
  expect(resultViolations(capabilities.get(intentType) as never, result)).toEqual([]);
  const artifact = context.keep(result);
  return { result, artifact, payload: artifact.semanticPayload as Json };
}

beforeEach(() => {
  context = new MemoryContext();
});

const pillars = (...preferences: readonly [string, boolean, number][]) =>
  preferences.map(([pillar, enabled, order]) => ({ pillar, enabled, order }));
const showcase = {
  userGoals: 'Automate invoice intake and see where people still add value',
  solutionStructure: { solutionId: 'content_solution', strategicFocus: 'data_processing' },
  pillarPreferences: pillars(['insights', true, 2], ['content', true, 1], ['journey', false, 3]),
};

describe('establish_context', () => {
  it('answers exactly what its capabilities declare', () => {
    expect(solutionCapabilities.flatMap(({ intents }) => intents)).toEqual(participant.getSupportedIntents());
  });

  it('states goals and enabled pillars in order, and leaves them in the session', async () => {
    const { payload, result } = await handle('solution.establish_context', showcase);
    expect(payload).toMatchObject({
      solutionId: 'content_solution',
      goals: [{ goalId: 'goal_1', text: showcase.userGoals }],
      pillars: ['content', 'insights'],
    });
    expect(result.stateChanges).toMatchObject([
      { scope: 'session', key: 'solution.context', value: { pillars: ['content', 'insights'] } },
    ]);
  });

  it('tells several goals in one text apart, but not within a sentence', async () => {
    const { payload } = await handle('solution.establish_context', {
      ...showcase,
      userGoals: 'Cut cost, keep quality; go live\nby May;',
    });
    expect(payload.goals.map(({ text }: Json) => text)).toEqual(['Cut cost, keep quality', 'go live', 'by May']);
  });

  it.each([
    [pillars(['content', true, 1], ['content', true, 2]), 'pillar_preferences_conflict'],
    [pillars(['content', true, 1], ['insights', true, 1]), 'pillar_preferences_conflict'],
    [pillars(['content', false, 1]), 'no_pillar_enabled'],
  ])('refuses pillars that contradict each other: %j', async (pillarPreferences, code) => {
    await expect(handle('solution.establish_context', { ...showcase, pillarPreferences })).rejects.toMatchObject({
      code,
    });
  });

  it.each([[{ userGoals: ' ; ' }], [{ userGoals: [] }], [{ solutionStructure: {} }], [{ unknown: 1 }]])(
    'has an input contract that refuses %j',
    (change) => {
      expect(violations(contractOf('solution.establish_context'), { ...showcase, ...change })).not.toEqual([]);
    },
  );
});

describe('create_roadmap', () => {
  const goals = ['Modernise claims intake', 'Cut handling time by 30 percent'];

  it('maps every goal to every phase and asks what the goals leave open', async () => {
    const { artifactId: contextId } = (await handle('solution.establish_context', showcase)).artifact;
    const { payload, artifact } = await handle('solution.create_roadmap', {
      goals,
      roadmapType: 'strategic',
      roadmapOptions: { horizonWeeks: 26 },
      contextId,
    });
    expect(payload.phases.map(({ name, startWeek, endWeek }: Json) => [name, startWeek, endWeek])).toEqual([
      ['Foundation', 1, 7],
      ['Delivery', 8, 19],
      ['Consolidation', 20, 26],
    ]);
    expect(payload.phases[1].items).toEqual([
      { goalId: 'goal_1', activity: 'Carry out: Modernise claims intake' },
      { goalId: 'goal_2', activity: 'Carry out: Cut handling time by 30 percent' },
    ]);
    expect(payload.openQuestions).toMatchObject([{ goalId: 'goal_1' }]);
    expect(artifact.parents).toEqual([contextId]);
  });

  it('fills every horizon without gap, overlap or empty phase', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('strategic' as const, 'tactical' as const, 'execution' as const),
        fc.integer({ min: HORIZON_WEEKS_MIN, max: 520 }),
        (type, weeks) => {
          const { phases } = roadmapOf(type, goals, weeks);
          expect(phases[0]?.startWeek).toBe(1);
          expect(phases.at(-1)?.endWeek).toBe(weeks);
          phases.forEach(({ startWeek, endWeek }, index) => {
            expect(endWeek).toBeGreaterThanOrEqual(startWeek);
            if (index > 0) expect(startWeek).toBe((phases[index - 1]?.endWeek ?? 0) + 1);
          });
        },
      ),
    );
  });

  it.each([
    ['Repeatable sensor trials by Q3', ['by Q3']],
    ['Reduce cost by 12.5% before 2026-03-31', ['by 12.5%', 'before 2026-03-31']],
    ['Answer within 2 days, at least 95 percent of calls', ['within 2 days', 'at least 95 percent']],
    ['Cut defects to 5, and calls below 300 a day', ['to 5', 'below 300']],
    [
      'By Q4 2026 grow by 1,200.50 percent; done by 20 March 2027',
      ['By Q4 2026', 'by 1,200.50 percent', 'by 20 March 2027'],
    ],
    ['Ship by the end of the second quarter of 2026', ['by the end of the second quarter of 2026']],
    ['Cover all permit types in the Permian district', []],
    ['Consolidate reports from Mayfair office', []],
    ['Win over 3 rivals by marching ahead', []],
    ['Go from maybe to yes, by march or in may', []],
    ['Talk to 3 vendors, managed by 2 people under 1 roof', []],
    ['Join by 2024ers and Juneau in Q10', []],
    ['Reach the 95 percentile', []],
    ['Grow revenue to 1,500,000 euros, by 1,200 dollars, to 4.5 points', []],
    ['Errors under 0.5 per mille', []],
    ['Errors below 0.5 per mille', ['below 0.5']],
    ['Go live by 30.06.2025', ['by 30.06.2025']],
    ['Digitise the paper files from 2019', []],
  ])('finds the targets that %j states', (text, targets) => {
    expect(goalsOf([text])[0]?.statedTargets).toEqual(targets);
  });

  it.each(['by ', 'by end of a ', 'by 1', '1.', '1,1', '1', ' ', 'to 1 ', 'May ', 'by 1 May '])(
    'looks for targets in time, in 64 KB of %j, too',
    (piece) => {
      const elapsed = cpuStopwatch();
      goalsOf([`${piece.repeat(65_536 / piece.length)}x`]);
      expect(elapsed()).toBeLessThan(5_000);
    },
  );

  it('says when the horizon is its own', async () => {
    const { payload } = await handle('solution.create_roadmap', { goals, roadmapType: 'execution' });
    expect(payload).toMatchObject({ horizonWeeks: 6, horizonSource: 'default' });
  });

  it('gives the same result for the same intent', async () => {
    const payload = { goals, roadmapType: 'tactical' };
    const [once, again] = [
      await handle('solution.create_roadmap', payload),
      await handle('solution.create_roadmap', payload),
    ];
    expect(digestOf(again.result)).toBe(digestOf(once.result));
  });

  it('refuses a context that is none', async () => {
    const { artifactId } = (await handle('solution.create_roadmap', { goals, roadmapType: 'tactical' })).artifact;
    const intent = intentOf('solution.create_roadmap', { goals, roadmapType: 'tactical', contextId: artifactId });
    await expect(participant.handleIntent(intent, context)).rejects.toMatchObject({ code: 'not_a_context' });
  });

  it.each([
    [{ goals: [] }],
    [{ goals: [' '] }],
    [{ roadmapType: 'visionary' }],
    [{ roadmapOptions: { horizonWeeks: 0 } }],
  ])('has an input contract that refuses %j', (change) => {
    expect(
      violations(contractOf('solution.create_roadmap'), { goals, roadmapType: 'strategic', ...change }),
    ).not.toEqual([]);
  });
});
