import { z } from 'zod';
import { Grantee, Instant, JsonObjectSchema, JsonPointer, Name, Realm, Sha256 } from './names.js';
import { Principal } from './principal.js';
import { Session } from './session.js';

/** Whose check a step is. The order of {@link PolicyStep}s is fixed; the first denial stops. */
export const PolicyRole = z.enum(['traffic_cop', 'security_guard', 'city_manager', 'data_steward']);

export const BoundaryContractId = z.string().regex(/^bct_[0-9a-f]{32}$/, 'must be a boundary contract id');

/** Permission, in two phases, to take data across the tenant's boundary: `pending` when proposed, `active` when kept. */
export const BoundaryContract = z
  .object({
    contractId: BoundaryContractId,
    tenantId: Name,
    userId: Name,
    status: z.enum(['pending', 'active', 'revoked', 'expired']),
    sourceType: z.enum(['file', 'api', 'database', 'stream']),
    sourceIdentifier: z.string().max(512),
    materializationType: z
      .enum(['reference', 'partial_extraction', 'deterministic', 'semantic_embedding', 'full_artifact'])
      .nullable(),
    scope: z.string().max(128).nullable(),
    backingStore: z.string().max(64).nullable(),
    expiresAt: Instant.nullable(),
    policyBasis: z.string().max(128),
    revision: z.int().positive(),
  })
  .meta({ id: 'BoundaryContract' });
export type BoundaryContract = z.infer<typeof BoundaryContract>;

/** Grants that one reference may have. */
export const GRANTS_MAX = 256;

/** A reference in the payload, with what the log says about it. Another tenant's reference is simply not found. */
export const JudgedReference = z.object({
  pointer: JsonPointer,
  reference: z.string().max(256),
  found: z.boolean(),
  ownerUserId: Name.nullable(),
  /** `content`, or the artifact's result type. */
  resourceClass: z.string().max(64).nullable(),
  /** To whom its owner granted it. */
  grantedTo: z.array(Grantee).max(GRANTS_MAX),
});
export type JudgedReference = z.infer<typeof JudgedReference>;

/** RPC `policy.decide`: everything a decision may depend on travels in the question. */
export const PolicyQuestion = z.object({
  decisionId: z.string(),
  principal: Principal,
  /** An intent type, or an operation such as `session.open`, `content.stage`, `replay.request`, `policy.publish`. */
  action: z.string().max(129),
  realm: Realm,
  solutionId: Name.nullable(),
  /** SHA-256 of the canonical payload. */
  inputDigest: Sha256,
  /** Null when the action needs no session or the session was not found. */
  session: Session.nullable(),
  sessionRequired: z.boolean(),
  references: z.array(JudgedReference).max(1_024),
  boundary: z.discriminatedUnion('phase', [
    z.object({ phase: z.literal('none') }),
    z.object({
      phase: z.literal('propose'),
      contractId: BoundaryContractId,
      sourceType: z.string(),
      sourceIdentifier: z.string().max(512),
    }),
    z.object({ phase: z.literal('activate'), contract: BoundaryContract.nullable() }),
  ]),
  /** What the capability would like to run for; the decision may allow less. */
  requestedExecutionMs: z.int().positive(),
});
export type PolicyQuestion = z.infer<typeof PolicyQuestion>;

export const PolicyStep = z
  .object({
    role: PolicyRole,
    check: z.string().max(64),
    outcome: z.enum(['passed', 'approval_required', 'denied', 'not_applicable', 'not_reached']),
    ruleIds: z.array(z.string().max(128)),
    code: z.string().max(64).nullable(),
    reason: z.string().max(512).nullable(),
  })
  .meta({ id: 'PolicyStep' });
export type PolicyStep = z.infer<typeof PolicyStep>;

export const Obligations = z
  .object({
    /** Upper bound of one attempt. */
    executionMsMax: z.int().positive(),
    /** The only references whose content the participant may read. */
    allowedReferences: z.array(z.string()),
    /** Of `require_approval` only: how long the approval is waited for; null for ever. */
    approval: z.object({ timeoutSeconds: z.int().positive().nullable() }).optional(),
    /** What happens to the boundary contract when the intent is accepted (propose) or completes (activate). */
    boundaryContract: z.object({ action: z.enum(['propose', 'activate']), contract: BoundaryContract }).nullable(),
    artifactPersistence: z
      .object({
        default: z.enum(['persist', 'cache', 'discard']),
        byResultType: z.record(z.string(), z.enum(['persist', 'cache', 'discard'])),
      })
      .meta({
        description:
          'What to do with artifacts, by result type; `default` for the rest. `cache` is kept like `persist`: nothing expires.',
      }),
  })
  .meta({ id: 'Obligations' });
export type Obligations = z.infer<typeof Obligations>;

/**
 * Smart City's answer, frozen into the execution. `obligations` is null when the effect is `deny`; under
 * `require_approval` they hold from the approval on.
 */
export const PolicyDecision = z
  .object({
    decisionId: z.string(),
    tenantId: Name,
    effect: z.enum(['allow', 'deny', 'require_approval']),
    steps: z.array(PolicyStep),
    obligations: Obligations.nullable(),
    /** Code, reason and remedy that may be shown to the caller; null on allow. */
    code: z.string().max(64).nullable(),
    reason: z.string().max(512).nullable(),
    remedy: z.string().max(512).nullable(),
    retryAfterMs: z.int().nonnegative().nullable(),
    policyRevision: z.int().nonnegative(),
    policyDigest: Sha256,
    inputDigest: Sha256,
    decidedBy: z.string().max(128),
    decidedAt: Instant,
  })
  .meta({ id: 'PolicyDecision' });
export type PolicyDecision = z.infer<typeof PolicyDecision>;

/** RPC `policy.publish` and body of `POST /v1/policies`. The bundle is validated as a whole by libs/policy. */
export const PolicyPublication = z.object({ tenantId: Name, bundle: JsonObjectSchema, publishedBy: Name });
export type PolicyPublication = z.infer<typeof PolicyPublication>;
