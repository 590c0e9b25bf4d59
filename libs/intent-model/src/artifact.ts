import { z } from 'zod';
import { JsonObjectSchema, JsonValueSchema, Sha256 } from './names.js';

/** Reference to bytes in the content store. The log holds references only. */
export const ContentRef = z.string().regex(/^content:\/\/[0-9a-f]{64}$/, 'must be content:// and a SHA-256');

export const ContentDescriptor = z
  .object({ ref: ContentRef, sha256: Sha256, sizeBytes: z.int().nonnegative() })
  .meta({ id: 'ContentDescriptor' });
export type ContentDescriptor = z.infer<typeof ContentDescriptor>;

export const contentRefOf = (sha256: string): string => `content://${sha256}`;

/** Id of an artifact, chosen by the handler from its inputs so that the same work gives the same id. */
export const ArtifactId = z.string().regex(/^[a-z][a-z0-9]{0,31}_[A-Za-z0-9_-]{1,95}$/, 'must be {kind}_{id}');

export const Rendering = z.object({
  mediaType: z.string().max(128),
  /** Bytes written through `context.content.write`. */
  content: ContentDescriptor,
});

/** What an execution produced: structured meaning inline, bytes by reference (SYM-R3, SYM-R4). */
export const Artifact = z
  .strictObject({
    artifactId: ArtifactId,
    resultType: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
    semanticPayload: JsonObjectSchema,
    renderings: z.array(Rendering).max(16),
    /** Artifacts or content references this one was made from. */
    parents: z.array(z.string().max(256)).max(64),
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof Artifact>;

/** An artifact as the log holds it: a payload that is too large for the log is content, and the payload here empty. */
export const StoredArtifact = Artifact.extend({ semanticContent: ContentDescriptor.optional() }).meta({
  id: 'StoredArtifact',
});
export type StoredArtifact = z.infer<typeof StoredArtifact>;

export const DomainEvent = z.strictObject({
  eventType: z.string().regex(/^[a-z][a-z0-9_]{0,63}(\.[a-z][a-z0-9_]{0,63}){1,3}$/),
  data: JsonObjectSchema,
});
export type DomainEvent = z.infer<typeof DomainEvent>;

export const StateChange = z.strictObject({
  scope: z.enum(['session', 'execution']),
  key: z.string().regex(/^[A-Za-z0-9._:/-]{1,128}$/),
  value: JsonValueSchema,
});
export type StateChange = z.infer<typeof StateChange>;

/** What `handleIntent` returns; anything else is a contract violation (SYM-R2). */
export const ParticipantResult = z
  .strictObject({
    artifacts: z.array(Artifact).max(256),
    events: z.array(DomainEvent).max(256),
    stateChanges: z.array(StateChange).max(256),
  })
  .meta({ id: 'ParticipantResult' });
export type ParticipantResult = z.infer<typeof ParticipantResult>;

/** Characters of a result as JSON. Meaning travels inline, bytes through `context.content`. */
export const RESULT_CHARS_MAX = 4 * 1024 * 1024;

/** Measured as it was parsed, for services escape JSON differently. */
export const resultChars = (result: ParticipantResult): number => JSON.stringify(result).length;

/** Why a result of so many characters is too large; null when it is not. */
export const resultSizeFault = (chars: number): string | null =>
  chars > RESULT_CHARS_MAX ? `the result has ${chars} characters, ${RESULT_CHARS_MAX} are allowed` : null;
