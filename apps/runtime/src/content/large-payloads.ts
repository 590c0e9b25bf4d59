import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type ExecutionState, withoutLargePayloads } from '@intendant/execution';
import type { Artifact, ParticipantResult, StoredArtifact } from '@intendant/intent-model';
import type { ArtifactStore } from './artifact-store.js';

/** Payloads that are too large for the log, in the artifact store. Participants do not notice: they get them back as they were. */
export class LargePayloads {
  constructor(private readonly content: Pick<ArtifactStore, 'put' | 'read'>) {}

  /** The result as it is to be recorded, once what was moved out of it is on disk. */
  async moveOut(state: ExecutionState, stepId: string, result: ParticipantResult): Promise<ParticipantResult> {
    const { result: recorded, moved } = withoutLargePayloads(state, stepId, result);
    const tenantId = state.intent?.tenantId ?? '';
    for (const { bytes, content } of moved) await this.content.put(tenantId, Readable.from([bytes]), content);
    return recorded;
  }

  async putBack(tenantId: string, stored: StoredArtifact): Promise<Artifact> {
    const { semanticContent, ...artifact } = stored;
    if (semanticContent === undefined) return artifact;
    const { stream } = await this.content.read(tenantId, semanticContent.sha256);
    return { ...artifact, semanticPayload: JSON.parse((await buffer(stream)).toString('utf8')) };
  }

  async putAllBack(tenantId: string, result: ParticipantResult): Promise<ParticipantResult> {
    const artifacts = await Promise.all(result.artifacts.map((artifact) => this.putBack(tenantId, artifact)));
    return { ...result, artifacts };
  }
}
