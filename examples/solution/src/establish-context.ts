import type { Artifact, Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { goalsOf, splitGoals } from './goals.js';

export interface PillarPreference {
  readonly pillar: string;
  readonly enabled: boolean;
  /** Place among the pillars, from 1. */
  readonly order: number;
}

export interface EstablishContextPayload {
  /** Several goals stand one a line, or separated by semicolons. */
  readonly userGoals: string | readonly string[];
  readonly solutionStructure: { readonly solutionId: string; readonly strategicFocus?: string };
  readonly pillarPreferences?: readonly PillarPreference[];
}

/**
 * States what a session is about: goals, solution and the pillars to go through, in order. Throws
 * `pillar_preferences_conflict` when a pillar or a place is named twice, `no_pillar_enabled` when none is left.
 */
export async function establishContext(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const { userGoals, solutionStructure, pillarPreferences = [] } = intent.payload as unknown as EstablishContextPayload;
  const { solutionId, strategicFocus = null } = solutionStructure;
  const goals = goalsOf(typeof userGoals === 'string' ? splitGoals(userGoals) : userGoals);
  const pillars = enabledPillars(pillarPreferences);
  const established = { solutionId, strategicFocus, goals, pillars } as unknown as Artifact['semanticPayload'];
  const content = await context.content.write(JSON.stringify(established));
  const contextId = artifactIdOf('context', intent.sessionId, intent.payload);
  return {
    artifacts: [
      {
        artifactId: contextId,
        resultType: 'solution_context',
        semanticPayload: established,
        renderings: [{ mediaType: 'application/json', content }],
        parents: [],
      },
    ],
    events: [
      { eventType: 'solution.context_established', data: { contextId, solutionId, goalCount: goals.length, pillars } },
    ],
    stateChanges: [{ scope: 'session', key: 'solution.context', value: { contextId, solutionId, pillars } }],
  };
}

/** Names of the enabled pillars in their order. */
function enabledPillars(preferences: readonly PillarPreference[]): string[] {
  for (const key of ['pillar', 'order'] as const) {
    const values = preferences.map((preference) => preference[key]);
    const index = values.findIndex((value, at) => values.indexOf(value) !== at);
    if (index === -1) continue;
    throw new StepFailure('pillar_preferences_conflict', `the ${key} ${values[index]} is named twice`, {
      details: { pointer: `/pillarPreferences/${index}/${key}`, value: values[index] },
    });
  }
  const enabled = preferences.filter(({ enabled }) => enabled);
  if (preferences.length > 0 && enabled.length === 0) {
    throw new StepFailure('no_pillar_enabled', 'every pillar is disabled', {
      details: { pointer: '/pillarPreferences' },
    });
  }
  return enabled.toSorted((a, b) => a.order - b.order).map(({ pillar }) => pillar);
}
