import { Readable } from 'node:stream';
import type { Artifact, ContentDescriptor, Intent, ParticipantResult } from '@intendant/intent-model';
import { digestOf, sha256Hex } from '@intendant/kernel';
import { type HandlerContext, StepFailure } from '@intendant/participant';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a handler sees, held in memory: content by reference, artifacts by id. */
export class MemoryContext implements HandlerContext {
  readonly executionId = 'exe_00000000000000000000000000000001';
  readonly stepId = 'main';
  readonly idempotencyKey = 'k'.repeat(64);
  readonly direction: 'forward' | 'undo' = 'forward';
  readonly undoes: HandlerContext['undoes'] = null;
  readonly tenantId = 't_showcase';
  readonly userId = 'analyst';
  readonly roles = ['analyst'];
  readonly correlationId = 'test';
  readonly logicalAttempt = 1;
  readonly deliveryAttempt = 1;
  readonly deadlineAtMs = Number.MAX_SAFE_INTEGER;
  readonly log = silent;
  readonly #bytes = new Map<string, Buffer>();
  readonly #artifacts = new Map<string, Artifact>();

  constructor(
    readonly boundaryContractId: string | null = null,
    readonly signal: AbortSignal = new AbortController().signal,
  ) {}

  readonly references = {
    artifact: (artifactId: string): Artifact => {
      const artifact = this.#artifacts.get(artifactId);
      if (artifact) return artifact;
      throw new StepFailure('reference_not_allowed', `${artifactId} is not allowed`);
    },
    content: (reference: string): ContentDescriptor => {
      const ref = reference.startsWith('content://')
        ? reference
        : this.references.artifact(reference).renderings[0]?.content.ref;
      const bytes = this.#bytes.get(ref ?? '');
      if (ref && bytes) return { ref, sha256: ref.slice('content://'.length), sizeBytes: bytes.length };
      throw new StepFailure('reference_not_allowed', `${reference} is not allowed`);
    },
  };

  readonly content = {
    read: async (ref: string): Promise<Readable> => Readable.from([this.bytes(ref)]),
    write: async (stream: Readable | Uint8Array | string): Promise<ContentDescriptor> => {
      const chunks: Buffer[] = [];
      if (typeof stream === 'string' || stream instanceof Uint8Array) chunks.push(Buffer.from(stream as Uint8Array));
      else for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
      return this.store(Buffer.concat(chunks));
    },
  };

  readonly state = { get: async (): Promise<unknown> => null };

  /** The same memory as another call sees it. */
  seenBy(call: Partial<HandlerContext>): HandlerContext {
    return Object.assign({}, this as HandlerContext, call);
  }

  /** Stores bytes as `POST /v1/content` does. */
  store(bytes: Uint8Array | string): ContentDescriptor {
    const buffer = Buffer.from(bytes as Uint8Array);
    const sha256 = sha256Hex(buffer);
    this.#bytes.set(`content://${sha256}`, buffer);
    return { ref: `content://${sha256}`, sha256, sizeBytes: buffer.length };
  }

  bytes(ref: string): Buffer {
    return this.#bytes.get(this.references.content(ref).ref) as Buffer;
  }

  /** Makes the artifacts of a result readable for later intents, as the Runtime does; gives the first of them. */
  keep(result: Pick<ParticipantResult, 'artifacts'>): Artifact {
    for (const artifact of result.artifacts) this.#artifacts.set(artifact.artifactId, artifact);
    return result.artifacts[0] as Artifact;
  }

  /** The JSON lines behind an artifact's rendering. */
  lines<Line>(artifact: Artifact): Line[] {
    const text = this.bytes(artifact.renderings[0]?.content.ref ?? '').toString('utf8');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
  }
}

/** An accepted intent with this payload. */
export function intentOf(intentType: string, payload: Intent['payload'], sessionId = `ses_${'0'.repeat(32)}`): Intent {
  return {
    intentId: '01900000-0000-7000-8000-000000000001',
    intentType,
    realm: intentType.slice(0, intentType.indexOf('.')),
    tenantId: 't_showcase',
    userId: 'analyst',
    roles: ['analyst'],
    mode: 'standard',
    sessionId,
    payload,
    payloadDigest: digestOf(payload),
    metadata: {},
    solutionId: null,
    solutionContext: null,
    correlationId: 'test',
    createdAt: '2024-01-15T00:00:00.000Z',
  };
}
