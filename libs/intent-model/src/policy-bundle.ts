import { z } from 'zod';
import { IntentType, Name, Realm } from './names.js';
import { BoundaryContract, Obligations } from './policy.js';
import { SIGNAL_TYPES } from './signals.js';

/** Realm of the operations that are not intents; no capability may claim it. */
export const PLATFORM_REALM = 'platform';

/** The operations besides intents that a policy can allow; the list is closed, so a name that is not here is denied. */
export const PlatformOperation = z.enum([
  'session.open',
  'session.close',
  'content.stage',
  'content.read',
  'data.grant',
  'intent.validate',
  'execution.read',
  'execution.validate',
  'wal.read',
  'refusal.read',
  'outbox.read',
  'outbox.redrive',
  'replay.request',
  'policy.publish',
  'policy.read',
  'read_model.read',
  'read_model.rebuild',
  ...SIGNAL_TYPES.map((signalType) => `signal.${signalType}` as const),
]);
export type PlatformOperation = z.infer<typeof PlatformOperation>;

/** `*`, `{area}.*` or `{area}.{verb}`; compared segment by segment, never as text. */
export const ActionPattern = z
  .string()
  .regex(/^(\*|[a-z][a-z0-9_]{0,63}\.(\*|[a-z][a-z0-9_]{0,63}))$/, 'must be *, {area}.* or {area}.{verb}');

/** Largest revision: what a 32-bit column holds. */
const REVISION_MAX = 2_147_483_647;

const Anything = z.literal('*');
const Effect = z.enum(['allow', 'deny']);
const ResourceClass = z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/, 'must be a lower-case resource class');
const ProseText = z
  .string()
  .max(1_000)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text');

const RoleDefinition = z.strictObject({ name: Name, inherits: z.array(Name).max(32) });

/** One line of the access table: whoever holds `role` is allowed or denied `action` in `realm`. A deny wins. */
export const AccessRule = z.strictObject({
  id: Name,
  role: Name,
  action: ActionPattern,
  realm: z.union([Anything, Realm]),
  effect: Effect,
});
export type AccessRule = z.infer<typeof AccessRule>;

/** Who may use the references of a resource class whoever owns them; a deny also beats ownership and grants. */
export const DataRule = z.strictObject({
  id: Name,
  roles: z.array(Name).min(1).max(16),
  resourceClass: z.union([Anything, ResourceClass]),
  effect: Effect,
});
export type DataRule = z.infer<typeof DataRule>;

/** A token bucket of `capacity` tokens, one per decision about a matching action, for each user or the whole tenant. */
export const RateRule = z.strictObject({
  id: Name,
  action: ActionPattern,
  per: z.enum(['user', 'tenant']),
  capacity: z.int().min(1).max(1_000_000_000),
  refillPerSecond: z.number().positive().max(1_000_000_000),
});
export type RateRule = z.infer<typeof RateRule>;

/** These intents wait for somebody's approval, for ever when no time is set. */
export const ApprovalRule = z.strictObject({
  id: Name,
  intents: z.array(ActionPattern).min(1).max(256),
  timeoutSeconds: z.int().min(1).max(31_536_000).optional(),
});
export type ApprovalRule = z.infer<typeof ApprovalRule>;

/** What may cross the tenant's boundary from one kind of source, and how it may be kept once it is inside. */
export const BoundaryRule = z.strictObject({
  id: Name,
  sourceType: BoundaryContract.shape.sourceType,
  effect: Effect,
  materializationType: BoundaryContract.shape.materializationType.unwrap(),
  scope: z.string().min(1).max(128),
  ttlSeconds: z.int().min(1).max(3_155_760_000),
  backingStore: z.string().min(1).max(64),
});
export type BoundaryRule = z.infer<typeof BoundaryRule>;

const Enabled = z.strictObject({
  realms: z.array(Realm).max(256),
  intents: z.array(ActionPattern).max(1_024),
  /** Intents that stay disabled although a pattern of `intents` covers them. */
  exceptIntents: z.array(IntentType).max(1_024),
});

/**
 * A tenant's whole policy: one document, one revision, one digest. Nothing in it has a default, so that what was
 * published is what is judged. References between its parts are checked by libs/policy.
 */
export const PolicyBundle = z
  .strictObject({
    tenantId: Name,
    revision: z.int().min(1).max(REVISION_MAX),
    description: ProseText,
    tenantState: z.enum(['active', 'suspended']),
    isolation: z.strictObject({
      /** `strict`: nothing crosses tenants; `moderate`: the listed actions may; `permissive`: any action may. */
      level: z.enum(['strict', 'moderate', 'permissive']),
      allowedCrossTenantActions: z.array(ActionPattern).max(256),
    }),
    roles: z.array(RoleDefinition).max(256),
    rules: z.array(AccessRule).max(1_000),
    enabled: Enabled,
    limits: z.strictObject({
      executionMsMax: z.int().min(1).max(86_400_000),
      modes: z.array(Name).min(1).max(32),
    }),
    rates: z.array(RateRule).max(256),
    approvals: z.array(ApprovalRule).max(256),
    data: z.strictObject({
      /** What can entitle a user to a reference: owning it, a grant, or an allowing rule of `rules`. */
      ownership: z.array(z.enum(['owner', 'granted', 'role'])).min(1),
      rules: z.array(DataRule).max(200),
    }),
    boundaryContracts: z.array(BoundaryRule).max(256),
    artifactPersistence: Obligations.shape.artifactPersistence.strict(),
  })
  .meta({ id: 'PolicyBundle' });
export type PolicyBundle = z.infer<typeof PolicyBundle>;

/** What the last look at the stored policies found. Emitted by RPC `policy.watch`. */
export const PolicyRevisions = z.object({
  revisions: z.record(Name, z.object({ revision: z.int().positive(), digest: z.string() })),
  /** When the store was last read with success. */
  checkedAt: z.string(),
  /** How long ago that was when this was sent, by Smart City's own clock: whoever reads it may have another. */
  ageMs: z.number().nonnegative(),
  /** Too long ago: every question is denied. */
  isOutOfDate: z.boolean(),
});
export type PolicyRevisions = z.infer<typeof PolicyRevisions>;
