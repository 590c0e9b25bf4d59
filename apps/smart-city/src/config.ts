import { PortVariable, ProcessEnv } from '@intendant/nest-kit';
import { z } from 'zod';

/** How often the stored revisions are looked at; another process may have published. */
const POLL_MS = 2_000;

export const SmartCityEnv = ProcessEnv.extend({
  INTENDANT_SMART_CITY_PORT: PortVariable,
  INTENDANT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** Folder of `{tenant}.json` bundles for tenants that have none yet; no first policies when absent. */
  INTENDANT_POLICY_DIR: z.string().min(1).optional(),
  INTENDANT_POLICY_POLL_MS: z.coerce.number().int().min(50).max(60_000).default(POLL_MS),
  /** Policies older than this are not trusted: every question is denied until the store can be read again. */
  INTENDANT_POLICY_AGE_MS_MAX: z.coerce.number().int().min(1_000).max(86_400_000).default(60_000),
});
export type SmartCityEnv = z.infer<typeof SmartCityEnv>;
