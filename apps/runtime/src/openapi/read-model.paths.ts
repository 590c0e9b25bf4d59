import { ExecutionMetricsReply, ReadModelReply, RebuildReply } from '@intendant/intent-model';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { MetricsQuery } from '../read-model/list-parameters.js';
import { LAG } from './lists.paths.js';
import { authenticated, BODY_CODES, json } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

export const readModelPaths: ZodOpenApiPathsObject = {
  '/v1/metrics/executions': {
    get: authenticated({
      id: 'getExecutionMetrics',
      tag: 'executions',
      summary: 'Count executions of the last hour, day or week',
      description:
        'Those that were accepted within the range, by how they stand now: the tenant’s for those whom policy allows ' +
        '`execution.read`, else the caller’s own. Rates are of what was judged: successful, failed, compensated and stuck. ' +
        'Cancelled and unsettled executions are in no rate; stuck ones have not ended and are in no average.',
      query: MetricsQuery,
      success: { 200: json('The counts.', ExecutionMetricsReply, LAG) },
      codes: ['invalid_request', 'read_model_unavailable', 'log_corrupt'],
    }),
  },
  '/v1/read-model': {
    get: authenticated({
      id: 'getReadModel',
      tag: 'platform',
      summary: 'Say how far lists are behind the log, and whether they are being made anew',
      success: { 200: json('As the projector told last.', ReadModelReply) },
      codes: OPERATION_POLICY_CODES,
    }),
  },
  '/v1/read-model/rebuild': {
    post: authenticated({
      id: 'rebuildReadModel',
      tag: 'platform',
      summary: 'Have every list made anew from the log',
      description: 'Recorded in the tenant’s audit stream. Lists are answered from the old rows until it is complete.',
      success: { 202: json('Durably asked for; see the status.', RebuildReply) },
      codes: [...BODY_CODES, ...OPERATION_POLICY_CODES, 'read_model_unavailable'],
    }),
  },
};
