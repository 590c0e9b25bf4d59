import type { Artifact, Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { readXml } from './read-text.js';
import { summaryOf } from './workflow.js';
import { graphOf } from './workflow-graph.js';

export interface CreateWorkflowPayload {
  readonly workflowType: 'bpmn';
  /** A file artifact or a content reference. */
  readonly workflowFileRef: string;
}

/** Makes a workflow of a BPMN file: its graph as JSON, and what it is about inline. */
export async function createWorkflow(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const { workflowType, workflowFileRef } = intent.payload as unknown as CreateWorkflowPayload;
  refuseOtherArtifacts(context, workflowFileRef);
  const source = context.references.content(workflowFileRef);
  const graph = await graphOf(await readXml(context, source));
  const content = await context.content.write(JSON.stringify(graph));
  const workflowId = artifactIdOf('workflow', intent.sessionId, workflowFileRef, source.sha256);
  const summary = summaryOf(graph);
  return {
    artifacts: [
      {
        artifactId: workflowId,
        resultType: 'workflow',
        semanticPayload: {
          workflowType,
          sourceSha256: source.sha256,
          ...summary,
        } as unknown as Artifact['semanticPayload'],
        renderings: [{ mediaType: 'application/json', content }],
        parents: [workflowFileRef],
      },
    ],
    events: [
      {
        eventType: 'journey.workflow_created',
        data: {
          workflowId,
          name: summary.name,
          taskCount: summary.tasks.length,
          gatewayCount: summary.gateways.length,
        },
      },
    ],
    stateChanges: [],
  };
}

function refuseOtherArtifacts(context: HandlerContext, reference: string): void {
  if (reference.startsWith('content://')) return;
  const { resultType } = context.references.artifact(reference);
  if (resultType === 'file') return;
  throw new StepFailure('not_a_file', `${reference} is a ${resultType}, not a file`, {
    details: { artifactId: reference, resultType },
  });
}
