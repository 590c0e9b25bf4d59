import { z } from 'zod';
import { JsonObjectSchema } from './names.js';

/** A failure as a domain service states it. `retryable` frees the key; a final failure is stored under it. */
export const StepError = z
  .object({
    code: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
    message: z.string().max(2_000),
    retryable: z.boolean(),
    details: JsonObjectSchema.nullable(),
  })
  .meta({ id: 'StepError' });
export type StepError = z.infer<typeof StepError>;

/** Characters of a failure's details, as JSON; larger ones are left out. */
export const DETAILS_CHARS_MAX = 16_384;

export const detailsInBounds = (details: StepError['details']): StepError['details'] =>
  details === null || JSON.stringify(details).length <= DETAILS_CHARS_MAX ? details : null;
