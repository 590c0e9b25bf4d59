import { AddressVariable, type ConfigRule, IssuerConfig, PortVariable, ProcessEnv } from '@intendant/nest-kit';
import { z } from 'zod';

const MIB = 1024 * 1024;
const Bytes = z.coerce.number().int().positive();
const Milliseconds = z.coerce.number().int().positive();

/** The issuer that `npm start` makes for itself; good for nothing but a lab. */
const LAB_ISSUER = 'https://lab.intendant.invalid';

const Issuers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JSON array of issuers' });
      return z.NEVER;
    }
  })
  .pipe(z.array(IssuerConfig).min(1));

export const RuntimeEnv = ProcessEnv.extend({
  INTENDANT_RUNTIME_PORT: PortVariable.default(7400),
  /** Internal HTTPS for participants: content and state. */
  INTENDANT_RUNTIME_DATA_PORT: PortVariable.default(7401),
  INTENDANT_RUNTIME_ADVERTISED_HOST: z.string().min(1).optional(),
  INTENDANT_DATA_DIR: z.string().min(1).default('.intendant'),
  INTENDANT_CURATOR_ADDRESS: AddressVariable,
  INTENDANT_SMART_CITY_ADDRESS: AddressVariable,
  INTENDANT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  INTENDANT_ISSUERS: Issuers,
  /** Partitions of a log that is created now; an existing log keeps its number. */
  INTENDANT_PARTITIONS: z.coerce.number().int().min(1).max(1_024).default(16),
  INTENDANT_POLICY_DEADLINE_MS: Milliseconds.default(1_000),
  INTENDANT_BODY_BYTES_MAX: Bytes.default(MIB),
  INTENDANT_CONTENT_BYTES_MAX: Bytes.default(64 * MIB),
  INTENDANT_CONTENT_QUOTA_BYTES: Bytes.default(10 * 1024 * MIB),
  /** Below this much free space new intents are refused. */
  INTENDANT_FREE_SPACE_FLOOR_BYTES: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(256 * MIB),
  /** `1` folds the store's tables anew from the journal at this start. */
  INTENDANT_REBUILD_STORE: z.enum(['0', '1']).default('0'),
  /** An execution that should move and records nothing for longer than this is told of. */
  INTENDANT_SILENCE_BOUND_MS: Milliseconds.default(600_000),
  /** Executions that may be unsettled at once. */
  INTENDANT_LIVE_EXECUTIONS_MAX: z.coerce.number().int().positive().default(20_000),
});
export type RuntimeEnv = z.infer<typeof RuntimeEnv>;

/** What production does not accept, whatever else is configured. */
export const productionRules: ConfigRule<RuntimeEnv> = (env) => {
  if (env.INTENDANT_MODE !== 'production') return [];
  const problems: string[] = [];
  if (env.INTENDANT_ISSUERS.some((issuer) => issuer.issuer === LAB_ISSUER))
    problems.push(`INTENDANT_ISSUERS: the development issuer ${LAB_ISSUER} is refused in production`);
  if (env.INTENDANT_ISSUERS.some((issuer) => issuer.jwksUri?.startsWith('http:') === true))
    problems.push('INTENDANT_ISSUERS: jwksUri must be https in production');
  return problems;
};
