import { ExecutionsReply, RecordsReply } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { ExecutionsQuery, RecordsQuery } from '../read-model/list-parameters.js';
import { authenticated, json } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

/** Header of every answer of the read model. */
export const LAG = {
  'x-read-model-lag': z.coerce.number().meta({
    description: 'Entries of the log that this answer does not know of yet.',
    override: { type: 'integer', minimum: 0 },
  }),
};

export const listPaths: ZodOpenApiPathsObject = {
  '/v1/executions': {
    get: authenticated({
      id: 'listExecutions',
      tag: 'executions',
      summary: 'List executions, newest first',
      description: 'The tenant’s for those whom policy allows `execution.read`, else the caller’s own.',
      query: ExecutionsQuery,
      success: { 200: json('A page.', ExecutionsReply, LAG) },
      codes: ['invalid_request', 'read_model_unavailable', 'log_corrupt'],
    }),
  },
  '/v1/wal/records': {
    get: authenticated({
      id: 'searchRecords',
      tag: 'log',
      summary: 'Search the tenant’s records',
      description: 'Found by the read model, read from the log and verified. Oldest first.',
      query: RecordsQuery,
      success: { 200: json('A page.', RecordsReply, LAG) },
      codes: ['invalid_request', ...OPERATION_POLICY_CODES, 'read_model_unavailable', 'log_corrupt'],
    }),
  },
};
