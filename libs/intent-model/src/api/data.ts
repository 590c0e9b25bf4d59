import { z } from 'zod';
import { Grantee, Instant, Name } from '../names.js';

/** What a payload names data by: an artifact's id or `content://…`. */
export const DataReferenceId = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be an artifact id or a content reference');

/** One column that an artifact says its data has. */
export const DescribedColumn = z.object({ name: z.string(), type: z.string() }).meta({ id: 'DescribedColumn' });
export type DescribedColumn = z.infer<typeof DescribedColumn>;

/** What the log says about a reference. Never the data: whoever may read that reads it at its storage location. */
export const DataReference = z
  .object({
    referenceId: DataReferenceId,
    /** `content`, or the artifact's result type. */
    referenceType: z.string(),
    /** `content://…` for bytes; `log:<stream>/<seq>` for an artifact without any. */
    storageLocation: z.string(),
    metadata: z.object({
      ownerUserId: Name,
      sizeBytes: z.int().nonnegative().nullable(),
      /** As the artifact describes them; empty when it does not. */
      columns: z.array(DescribedColumn),
    }),
    /** The execution that registered it first; null for content that a user staged. */
    executionId: z.string().nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'DataReference' });
export type DataReference = z.infer<typeof DataReference>;

/** `GET /v1/data/references`; `nextCursor` is the `cursor` of the next page. */
export const DataReferencesReply = z
  .object({
    /** `own` for those who may not see what others of the tenant did. */
    scope: z.enum(['tenant', 'own']),
    references: z.array(DataReference),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'DataReferencesPage' });
export type DataReferencesReply = z.infer<typeof DataReferencesReply>;

/**
 * What happened to a reference. `created`, `updated` and `derived_from` are registrations; `given`: an execution was allowed
 * to read it; `cited`: a participant named it as a source of something it made.
 */
export const DataOperation = z.enum(['created', 'updated', 'derived_from', 'given', 'cited']);
export type DataOperation = z.infer<typeof DataOperation>;

export const ProvenanceEntry = z
  .object({
    /** `<stream>/<seq>` of the record that says so, and a place in it where one record says several things. */
    entryId: z.string(),
    referenceId: DataReferenceId,
    executionId: z.string().nullable(),
    operation: DataOperation,
    sourceReferenceIds: z.array(DataReferenceId),
    metadata: z.object({
      userId: Name,
      /** Of `given`: the decision that allowed it. */
      decisionId: z.string().nullable(),
      /** Of `given`: where in the payload it stands. */
      pointers: z.array(z.string()),
      /** Of `given`: the artifact that was given when this is content behind it. */
      viaReferenceId: DataReferenceId.nullable(),
      /** Of `cited`: what was made from it. */
      derivedReferenceId: DataReferenceId.nullable(),
      /** Sources that were named and are registered nowhere the caller can see. */
      sourcesNotFound: z.int().nonnegative(),
    }),
    createdAt: Instant,
  })
  .meta({ id: 'ProvenanceEntry' });
export type ProvenanceEntry = z.infer<typeof ProvenanceEntry>;

/** `GET /v1/data/references/{referenceId}/provenance`, oldest first. */
export const ProvenanceReply = z
  .object({
    referenceId: DataReferenceId,
    entries: z.array(ProvenanceEntry),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'ProvenancePage' });
export type ProvenanceReply = z.infer<typeof ProvenanceReply>;

/** Body of `POST /v1/data/references/{reference}/grants`. */
export const GrantRequest = z.strictObject({ grantee: Grantee }).meta({ id: 'GrantRequest' });
export type GrantRequest = z.infer<typeof GrantRequest>;

/** Who besides its owner may use a reference, as its owner said. */
export const GrantsReply = z
  .object({
    referenceId: DataReferenceId,
    grants: z.array(z.object({ grantee: Grantee, grantedBy: Name, grantedAt: Instant })),
  })
  .meta({ id: 'Grants' });
export type GrantsReply = z.infer<typeof GrantsReply>;
