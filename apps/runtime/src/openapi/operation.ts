import { CorrelationId, type ErrorCode } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { problems } from './problem-responses.js';

type Responses = Readonly<Record<string, ZodOpenApiResponseObject>>;

/** One operation of the API, as far as it differs from the others. */
export interface DescribedOperation {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly header?: z.ZodRawShape;
  /** JSON body; see {@link jsonBody} and {@link optionalJsonBody}. */
  readonly body?: ZodOpenApiOperationObject['requestBody'];
  /** Answers by status. */
  readonly success: Responses;
  /** What else it can answer, besides what every operation can. */
  readonly codes: readonly ErrorCode[];
}

export const json = (description: string, schema: z.ZodType, headers?: z.ZodRawShape): ZodOpenApiResponseObject => ({
  description,
  content: { 'application/json': { schema } },
  ...(headers && { headers: z.object(headers) }),
});

export const jsonBody = (schema: z.ZodType) => ({ required: true, content: { 'application/json': { schema } } });
export const optionalJsonBody = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });

/** What reading a JSON body can end with, and what a body can where there is to be none. */
export const BODY_CODES = [
  'malformed_json',
  'invalid_request',
  'body_too_large',
  'unsupported_media_type',
] as const satisfies readonly ErrorCode[];

/** A refusal is recorded before it is answered, so the log can fail every operation; every one has a path and headers. */
const ALWAYS = [
  'invalid_request',
  'unauthenticated',
  'issuer_unavailable',
  'identity_override',
  'internal_error',
  'wal_unavailable',
  'partition_unavailable',
  'outcome_unknown',
] as const satisfies readonly ErrorCode[];

const correlation = {
  'x-correlation-id': CorrelationId.optional().meta({
    description: 'Ties requests of one business transaction together; recorded, and repeated in problem documents.',
  }),
};

/** An operation for whoever has a token. */
export const authenticated = (described: DescribedOperation): ZodOpenApiOperationObject => ({
  ...common(described),
  requestParams: {
    header: z.object({ ...correlation, ...described.header }),
    ...(described.path && { path: described.path }),
    ...(described.query && { query: described.query }),
  },
  responses: {
    ...described.success,
    ...problems([...ALWAYS, ...described.codes]),
  },
});

/** An operation that asks for no token. */
export const open = (described: DescribedOperation): ZodOpenApiOperationObject => ({
  ...common(described),
  security: [],
  ...(described.path && { requestParams: { path: described.path } }),
  responses: { ...described.success, ...problems(['internal_error', ...described.codes]) },
});

const common = ({ id, tag, summary, description, body }: DescribedOperation) => ({
  operationId: id,
  tags: [tag],
  summary,
  ...(description !== undefined && { description }),
  ...(body !== undefined && { requestBody: body }),
});
