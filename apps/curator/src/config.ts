import { PortVariable, ProcessEnv } from '@intendant/nest-kit';
import { z } from 'zod';

export const CuratorEnv = ProcessEnv.extend({
  INTENDANT_CURATOR_PORT: PortVariable.default(7410),
  /** HTTPS with mutual TLS for participants that do not speak the RPC. */
  INTENDANT_CURATOR_HTTP_PORT: PortVariable.default(7411),
  /** How long a replica of the Runtime keeps its partitions without being heard. */
  INTENDANT_OWNERSHIP_LEASE_MS: z.coerce.number().int().min(1_000).max(60_000).default(5_000),
  INTENDANT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
});
export type CuratorEnv = z.infer<typeof CuratorEnv>;
