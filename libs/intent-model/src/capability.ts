import { z } from 'zod';
import { IntentType, JsonObjectSchema, JsonPointer, Name, Realm, Sha256, Version } from './names.js';
import { SagaPlan } from './plan.js';
import { RetryPolicy } from './retry-policy.js';

/** The boundary contract that an intent proposes (bytes come in) or activates (bytes may be kept). */
export const BoundaryDeclaration = z.discriminatedUnion('phase', [
  z.strictObject({
    phase: z.literal('propose'),
    sourceType: z.enum(['file', 'api', 'database', 'stream']),
    /** Where in the payload the external source is named. */
    identifierPointer: JsonPointer,
  }),
  z.strictObject({ phase: z.literal('activate'), contractPointer: JsonPointer }),
]);

/** What a domain service can do, as registered with Curator. Says who may answer, never in which order. */
export const CapabilityDefinition = z
  .strictObject({
    name: IntentType,
    version: Version,
    realm: Realm,
    description: z.string().max(1_000).default(''),
    /** Intent types answered by this capability. */
    intents: z.array(IntentType).min(1).max(64),
    /** JSON Schema (draft 2020-12) of the payload. */
    inputContract: JsonObjectSchema,
    /** JSON Schema (draft 2020-12) of the result `{artifacts, events, stateChanges}`. */
    outputContract: JsonObjectSchema,
    determinism: z.enum(['deterministic', 'conditional', 'non_deterministic']),
    sideEffects: z.enum(['none', 'idempotent', 'effectful']),
    /** How a lost outcome is resolved: ask by key, run again to an outcome, or park for a person. */
    unknownOutcome: z.enum(['probe', 'rerun', 'park']).default('rerun'),
    retry: RetryPolicy.prefault({}),
    timeoutMs: z.int().min(10).max(86_400_000).default(30_000),
    recovery: z.enum(['compensate', 'retry', 'pause', 'abort']).default('compensate'),
    /** A saga as data. The Runtime runs its steps; the service that registers it is not called. */
    plan: SagaPlan.nullable().default(null),
    /** The handler is a saga as code: it is called with a journal, may suspend, and is called again. */
    durable: z.boolean().default(false),
    /** Places in the payload that hold references (artifact ids or content references) the Data Steward must judge. */
    dataReferences: z.array(JsonPointer).max(32).default([]),
    boundary: BoundaryDeclaration.nullable().default(null),
  })
  .meta({ id: 'CapabilityDefinition' });
export type CapabilityDefinition = z.infer<typeof CapabilityDefinition>;

/** Where one running copy of a domain service is called: RPC over TLS, or HTTP with signed requests. */
export const ParticipantAddress = z.discriminatedUnion('transport', [
  z.strictObject({
    transport: z.literal('tcp'),
    host: z.string().max(255),
    port: z.int().min(1).max(65_535),
  }),
  z.strictObject({
    transport: z.literal('http'),
    /** The paths of the protocol come after it; no query, no fragment, no user. */
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_048)
      .refine((text) => /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(text), 'must have no user, query or fragment'),
  }),
]);
export type ParticipantAddress = z.infer<typeof ParticipantAddress>;

/** What signs the Runtime's requests to one instance, and its answers; as long as its lease, and known to those two only. */
export const RequestKey = z.object({
  keyId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  /** 32 bytes in base64. */
  secret: z.base64().length(44),
});
export type RequestKey = z.infer<typeof RequestKey>;

/** RPC `registry.register`: a participant announces itself and what it serves. */
export const ParticipantRegistration = z
  .strictObject({
    service: Name,
    instanceId: Name,
    address: ParticipantAddress,
    /** What `getSupportedIntents()` says; must equal the union of the capabilities' intents (SYM-D2). */
    supportedIntents: z.array(IntentType).min(1).max(256),
    capabilities: z.array(CapabilityDefinition).min(1).max(256),
  })
  .meta({ id: 'ParticipantRegistration' });
export type ParticipantRegistration = z.infer<typeof ParticipantRegistration>;

/** Reply to `registry.register`; the lease is renewed by `registry.renew` before `leaseMs` is over. */
export const RegistrationReceipt = z
  .object({
    leaseId: z.string(),
    leaseMs: z.int().positive(),
    revision: z.int(),
    /** For an address of transport `http` only. */
    requestKey: RequestKey.optional(),
  })
  .meta({ id: 'RegistrationReceipt' });
export type RegistrationReceipt = z.infer<typeof RegistrationReceipt>;

/** `registry.renew` and `registry.drain`. */
export const LeaseMessage = z.object({ leaseId: z.string().max(64) }).meta({ id: 'LeaseMessage' });
export const RenewAnswer = z.object({ status: z.enum(['renewed', 'lease_unknown']) });
export const DrainAnswer = z.object({ status: z.enum(['draining', 'lease_unknown']) });

export const RegisteredCapability = CapabilityDefinition.extend({ service: Name, digest: Sha256 });
export type RegisteredCapability = z.infer<typeof RegisteredCapability>;

export const LiveInstance = z.object({
  service: Name,
  instanceId: Name,
  address: ParticipantAddress,
  /** `{name}@{version}` of what this instance serves. */
  serves: z.array(z.string()),
  draining: z.boolean(),
  /** For an address of transport `http` only. Held in memory, never logged. */
  requestKey: RequestKey.optional(),
});
export type LiveInstance = z.infer<typeof LiveInstance>;

/** What the Runtime holds of the registry: read-only, replaced as a whole, never asked for per intent. */
export const RegistrySnapshot = z.object({
  revision: z.int().nonnegative(),
  capabilities: z.array(RegisteredCapability),
  instances: z.array(LiveInstance),
});
export type RegistrySnapshot = z.infer<typeof RegistrySnapshot>;

export const ResolvedCapability = z
  .object({ name: IntentType, version: Version, service: Name, digest: Sha256 })
  .meta({ id: 'ResolvedCapability' });
export type ResolvedCapability = z.infer<typeof ResolvedCapability>;
