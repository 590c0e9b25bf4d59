import type { Artifact, Intent, ParticipantResult } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import { artifactIdOf, type SagaContext, StepFailure } from '@intendant/participant';
import { mappingOf, type SourceProfile } from './mash-mapping.js';

export interface MashDataPayload {
  /** Parsed files, each once. */
  readonly sources: readonly string[];
  /** Sources whose quality is below this wait for a person; 0 to 1. */
  readonly minScore?: number;
  /** How long they wait, in milliseconds. */
  readonly approvalTimeoutMs?: number;
}

const MIN_SCORE = 0.8;
const APPROVAL_TIMEOUT_MS = 7 * 24 * 3_600_000;

/** In this order; the one it is in is the state `mash.phase` of the execution. */
type Phase = 'initiated' | 'data_quality' | 'semantic_interpretation' | 'semantic_mapping' | 'registered';

/**
 * A saga as code: assesses and interprets every source side by side, asks a person about poor ones, maps what they have in
 * common and registers the mash. It moves no rows: the mash is references and a mapping over what was found about them.
 */
export async function mashData(intent: Intent, ctx: SagaContext): Promise<ParticipantResult> {
  const {
    sources,
    minScore = MIN_SCORE,
    approvalTimeoutMs = APPROVAL_TIMEOUT_MS,
  } = intent.payload as unknown as MashDataPayload;
  const enter = (phase: Phase): void => ctx.state.set('mash.phase', phase);

  enter('initiated');
  enter('data_quality');
  const scores = await ctx.all(sources.map((source) => (branch) => qualityOf(branch, source)));
  const poor = sources.filter((_source, index) => (scores[index] ?? 0) < minScore);
  if (poor.length > 0) await requireApproval(ctx, poor, minScore, approvalTimeoutMs);

  enter('semantic_interpretation');
  const profiles = await ctx.all(sources.map((source) => (branch) => profileOf(branch, source)));

  enter('semantic_mapping');
  const mapping = await ctx.step('map', async () => mappingOf(profiles) as unknown as JsonValue);

  enter('registered');
  return mashOf(intent, sources, scores, mapping);
}

async function qualityOf(branch: SagaContext, source: string): Promise<number> {
  const assessed = await branch.intent('insights.assess_quality', { parsedFileId: source });
  const [assessment] = assessed.artifacts as [Artifact];
  const { overall } = assessment.semanticPayload as unknown as { overall: { score: number | null } };
  return overall.score ?? 0;
}

async function profileOf(branch: SagaContext, source: string): Promise<SourceProfile> {
  const analyzed = await branch.intent('insights.analyze', { parsedFileId: source, analysisType: 'structured' });
  const [analysis] = analyzed.artifacts as [Artifact];
  const { columns, recordCount } = analysis.semanticPayload as unknown as Omit<SourceProfile, 'source' | 'analysisId'>;
  return { source, analysisId: analysis.artifactId, recordCount, columns };
}

async function requireApproval(
  ctx: SagaContext,
  poor: readonly string[],
  minScore: number,
  timeoutMs: number,
): Promise<void> {
  const prompt = `${poor.length} source(s) score below ${minScore}: ${poor.join(', ')}`.slice(0, 1_000);
  const approval = await ctx.approval('poor_quality', { prompt, timeoutMs });
  if (approval?.approved === true) return;
  const code = approval === null ? 'approval_timed_out' : 'approval_denied';
  throw new StepFailure(code, prompt, { details: { poor: [...poor], minScore } });
}

function mashOf(
  intent: Intent,
  sources: readonly string[],
  scores: readonly number[],
  mapping: JsonValue,
): ParticipantResult {
  const mashId = artifactIdOf('mash', intent.sessionId, intent.payload);
  const listed = sources.map((source, index) => ({ source, score: scores[index] ?? 0 }));
  const semanticPayload = { sources: listed, mapping } as unknown as Artifact['semanticPayload'];
  return {
    artifacts: [
      { artifactId: mashId, resultType: 'data_mash', semanticPayload, renderings: [], parents: [...sources] },
    ],
    events: [{ eventType: 'solution.data_mashed', data: { mashId, sourceCount: sources.length } }],
    stateChanges: [],
  };
}
