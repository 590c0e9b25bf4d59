import type { Artifact, ParticipantResult } from '@intendant/intent-model';
import type { HandlerContext } from '@intendant/participant';

/** The result of an intent that makes one report: inline as meaning, and as a JSON file for whoever wants one. */
export async function reportResult(
  context: HandlerContext,
  report: {
    artifactId: string;
    resultType: string;
    /** Plain JSON. */
    semanticPayload: object;
    parents: string[];
    eventType: string;
    eventData: Artifact['semanticPayload'];
  },
): Promise<ParticipantResult> {
  const { artifactId, resultType, parents, eventType, eventData } = report;
  const semanticPayload = report.semanticPayload as Artifact['semanticPayload'];
  const content = await context.content.write(JSON.stringify(semanticPayload));
  return {
    artifacts: [
      { artifactId, resultType, semanticPayload, renderings: [{ mediaType: 'application/json', content }], parents },
    ],
    events: [{ eventType, data: eventData }],
    stateChanges: [],
  };
}
