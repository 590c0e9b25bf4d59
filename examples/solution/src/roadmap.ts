import { type Goal, goalsOf } from './goals.js';

export type RoadmapType = 'strategic' | 'tactical' | 'execution';

interface PhaseRule {
  readonly name: string;
  /** Part of the horizon, in percent. */
  readonly share: number;
  /** What the phase does with a goal, before the words of the goal. */
  readonly activity: string;
}

/** Phases and default length of each type of roadmap; the shares of a type add up to 100. */
const RULES: Readonly<Record<RoadmapType, { readonly horizonWeeks: number; readonly phases: readonly PhaseRule[] }>> = {
  strategic: {
    horizonWeeks: 52,
    phases: [
      { name: 'Foundation', share: 25, activity: 'Agree scope and measure' },
      { name: 'Delivery', share: 50, activity: 'Carry out' },
      { name: 'Consolidation', share: 25, activity: 'Hold the result against the measure' },
    ],
  },
  tactical: {
    horizonWeeks: 13,
    phases: [
      { name: 'Preparation', share: 20, activity: 'Plan the work' },
      { name: 'Delivery', share: 60, activity: 'Carry out' },
      { name: 'Review', share: 20, activity: 'Review the result' },
    ],
  },
  execution: {
    horizonWeeks: 6,
    phases: [
      { name: 'Plan', share: 15, activity: 'Assign the work' },
      { name: 'Build', share: 50, activity: 'Carry out' },
      { name: 'Verify', share: 20, activity: 'Verify the result' },
      { name: 'Release', share: 15, activity: 'Put into use' },
    ],
  },
};

export interface RoadmapPhase {
  readonly phaseId: string;
  readonly name: string;
  /** First and last week, from 1, both included. */
  readonly startWeek: number;
  readonly endWeek: number;
  readonly items: readonly { readonly goalId: string; readonly activity: string }[];
}

export interface Roadmap {
  readonly roadmapType: RoadmapType;
  readonly horizonWeeks: number;
  /** Whether the horizon was given or is the usual one of the type. */
  readonly horizonSource: 'given' | 'default';
  readonly goals: readonly Goal[];
  readonly phases: readonly RoadmapPhase[];
  /** What the goals leave open; nothing is assumed in their place. */
  readonly openQuestions: readonly { readonly goalId: string; readonly question: string }[];
}

/** Weeks that every type of roadmap can be laid out in: one for each of its phases. */
export const HORIZON_WEEKS_MIN = 4;

/** Lays goals out over the phases of a roadmap, by rule: every goal goes through every phase, in the order given. */
export function roadmapOf(roadmapType: RoadmapType, texts: readonly string[], givenWeeks?: number): Roadmap {
  const rule = RULES[roadmapType];
  const goals = goalsOf(texts);
  const horizonWeeks = givenWeeks ?? rule.horizonWeeks;
  const weeks = weeksOf(rule.phases, horizonWeeks);
  const phases = rule.phases.map(({ name, activity }, index) => {
    const endWeek = weeks.slice(0, index + 1).reduce((sum, count) => sum + count, 0);
    const items = goals.map(({ goalId, text }) => ({ goalId, activity: `${activity}: ${text}` }));
    return { phaseId: `phase_${index + 1}`, name, startWeek: endWeek - (weeks[index] ?? 0) + 1, endWeek, items };
  });
  const openQuestions = goals
    .filter(({ statedTargets }) => statedTargets.length === 0)
    .map(({ goalId }) => ({ goalId, question: 'By what amount or date is this goal met?' }));
  return {
    roadmapType,
    horizonWeeks,
    horizonSource: givenWeeks === undefined ? 'default' : 'given',
    goals,
    phases,
    openQuestions,
  };
}

/** Whole weeks by share: at least one each, the weeks left over to the largest remainders, earlier phases first. */
function weeksOf(phases: readonly PhaseRule[], horizonWeeks: number): number[] {
  const spare = horizonWeeks - phases.length;
  const exact = phases.map(({ share }) => (spare * share) / 100);
  const weeks = exact.map((value) => 1 + Math.floor(value));
  const left = horizonWeeks - weeks.reduce((sum, value) => sum + value, 0);
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) }));
  for (const { index } of byRemainder.toSorted((a, b) => b.remainder - a.remainder).slice(0, left))
    weeks[index] = (weeks[index] ?? 0) + 1;
  return weeks;
}
