import type { Artifact, Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { type RoadmapType, roadmapOf } from './roadmap.js';

export interface CreateRoadmapPayload {
  readonly goals: readonly string[];
  readonly roadmapType: RoadmapType;
  readonly roadmapOptions?: { readonly horizonWeeks?: number };
  /** The established context that the goals belong to. */
  readonly contextId?: string;
}

/** Lays the given goals out as a roadmap. Throws `not_a_context` when `contextId` is another artifact. */
export async function createRoadmap(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const { goals, roadmapType, roadmapOptions, contextId } = intent.payload as unknown as CreateRoadmapPayload;
  if (contextId !== undefined) checkContext(context, contextId);
  const roadmap = roadmapOf(roadmapType, goals, roadmapOptions?.horizonWeeks);
  const content = await context.content.write(JSON.stringify(roadmap));
  const roadmapId = artifactIdOf('roadmap', intent.sessionId, intent.payload);
  return {
    artifacts: [
      {
        artifactId: roadmapId,
        resultType: 'roadmap',
        semanticPayload: roadmap as unknown as Artifact['semanticPayload'],
        renderings: [{ mediaType: 'application/json', content }],
        parents: contextId === undefined ? [] : [contextId],
      },
    ],
    events: [
      {
        eventType: 'solution.roadmap_created',
        data: {
          roadmapId,
          roadmapType,
          horizonWeeks: roadmap.horizonWeeks,
          goalCount: goals.length,
          phaseCount: roadmap.phases.length,
        },
      },
    ],
    stateChanges: [],
  };
}

function checkContext(context: HandlerContext, contextId: string): void {
  const { resultType } = context.references.artifact(contextId);
  if (resultType === 'solution_context') return;
  throw new StepFailure('not_a_context', `${contextId} is a ${resultType}, not a solution context`, {
    details: { artifactId: contextId, resultType },
  });
}
