import { z } from 'zod';
import { ResolvedCapability } from '../capability.js';
import { Name, Sha256 } from '../names.js';
import { PolicyDecision } from '../policy.js';

/** `POST /v1/intents/validate`: what would become of an intent; nothing was accepted. */
export const JudgementReply = z
  .object({
    acceptable: z.boolean(),
    /** What submitting it now would be refused with; absent when it is acceptable. */
    refusal: z.object({ code: z.string(), detail: z.string(), field: z.string().optional() }).optional(),
    decision: PolicyDecision,
    /** Who would answer, by revision of the registry; or why nobody would. */
    resolution: z.object({
      revision: z.int().nonnegative().optional(),
      capabilities: z.array(ResolvedCapability).optional(),
      code: z.string().optional(),
      detail: z.string().optional(),
    }),
    payload: z.object({ valid: z.boolean(), field: z.string().optional(), detail: z.string().optional() }),
  })
  .meta({ id: 'Judgement' });
export type JudgementReply = z.infer<typeof JudgementReply>;

/** `POST /v1/policies` */
export const PolicyReply = z
  .object({ tenantId: Name, revision: z.int().positive(), digest: Sha256 })
  .meta({ id: 'PublishedPolicy' });
export type PolicyReply = z.infer<typeof PolicyReply>;
