import type { Artifact, Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { readText } from './read-text.js';
import { type SopSection, sectionsOf } from './sop.js';
import { markdownOf } from './sop-markdown.js';
import type { WorkflowFinding } from './workflow.js';
import type { WorkflowGraph } from './workflow-graph.js';

export interface SopOptions {
  readonly audience?: string;
  readonly title?: string;
}

export type CreateSopPayload = { readonly sopOptions?: SopOptions } & (
  | { readonly chatMode?: false; readonly workflowId: string }
  /** The steps as they were told in a conversation, one statement each. */
  | { readonly chatMode: true; readonly statements: readonly string[] }
);

interface Draft {
  readonly name: string | null;
  readonly sections: readonly SopSection[];
  /** What the workflow leaves open. */
  readonly gaps: readonly WorkflowFinding[];
  readonly parents: string[];
}

/** Writes a standard operating procedure from a workflow, or from the steps told in a conversation. */
export async function createSop(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const payload = intent.payload as unknown as CreateSopPayload;
  const { audience = null, title } = payload.sopOptions ?? {};
  const draft =
    payload.chatMode === true
      ? draftFromStatements(payload.statements)
      : await draftFromWorkflow(context, payload.workflowId);
  const { sections, gaps, parents } = draft;
  const roles = [...new Set(sections.flatMap(({ steps }) => steps.flatMap(({ role }) => role ?? [])))];
  const sop = { title: title ?? titleOf(draft.name), audience, roles, sections };
  const content = await context.content.write(markdownOf(sop));
  const sopId = artifactIdOf('sop', intent.sessionId, intent.payload);
  return {
    artifacts: [
      {
        artifactId: sopId,
        resultType: 'sop',
        semanticPayload: { ...sop, gaps } as unknown as Artifact['semanticPayload'],
        renderings: [{ mediaType: 'text/markdown', content }],
        parents,
      },
    ],
    events: [
      {
        eventType: 'journey.sop_created',
        data: {
          sopId,
          title: sop.title,
          stepCount: sections.reduce((sum, { steps }) => sum + steps.length, 0),
          gapCount: gaps.length,
        },
      },
    ],
    stateChanges: [],
  };
}

const titleOf = (name: string | null): string =>
  name === null ? 'Standard operating procedure' : `Standard operating procedure: ${name}`;

async function draftFromWorkflow(context: HandlerContext, workflowId: string): Promise<Draft> {
  const { resultType, semanticPayload } = context.references.artifact(workflowId);
  if (resultType !== 'workflow') {
    throw new StepFailure('not_a_workflow', `${workflowId} is a ${resultType}, not a workflow`, {
      details: { artifactId: workflowId, resultType },
    });
  }
  const graph = JSON.parse(await readText(context, context.references.content(workflowId))) as WorkflowGraph;
  const gaps = semanticPayload.findings as unknown as WorkflowFinding[];
  return { name: graph.name, sections: sectionsOf(graph), gaps, parents: [workflowId] };
}

function draftFromStatements(statements: readonly string[]): Draft {
  const steps = statements.map((statement, index) => ({
    step: String(index + 1),
    kind: 'task' as const,
    title: statement.trim(),
    role: null,
    instruction: null,
    exceptionOf: null,
    elementId: `statement_${index + 1}`,
    next: [{ when: null, step: index + 1 < statements.length ? String(index + 2) : null, outcome: null }],
  }));
  return { name: null, sections: [{ title: null, triggers: [], steps }], gaps: [], parents: [] };
}
