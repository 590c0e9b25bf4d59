import { z } from 'zod';
import type {} from 'zod-openapi';

/** A whole number as it stands in a query or header. */
export const wholeNumber = (description: string, minimum: number, maximum: number, fallback?: number): z.ZodType =>
  z.coerce.number().meta({
    description,
    override: { type: 'integer', minimum, maximum, ...(fallback !== undefined && { default: fallback }) },
  });
