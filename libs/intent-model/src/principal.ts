import { z } from 'zod';
import { Name } from './names.js';

/** Who asks. Comes from the verified token only. */
export const Principal = z.object({
  tenantId: Name,
  userId: Name,
  roles: z.array(Name).max(32),
  /** Execution mode the token allows, for example `standard`; the tenant's policy lists the modes it accepts. */
  mode: Name,
});
export type Principal = z.infer<typeof Principal>;
