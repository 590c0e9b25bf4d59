import { LivenessReply, ReadinessReply } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { json, open } from './operation.js';

const tag = 'platform';

export const platformPaths: ZodOpenApiPathsObject = {
  '/health/live': {
    get: open({
      id: 'getLiveness',
      tag,
      summary: 'Say that the process turns',
      success: { 200: json('It does.', LivenessReply) },
      codes: [],
    }),
  },
  '/health/ready': {
    get: open({
      id: 'getReadiness',
      tag,
      summary: 'Say what could not be done right now',
      success: { 200: json('Everything could.', ReadinessReply), 503: json('Something could not.', ReadinessReply) },
      codes: [],
    }),
  },
  '/metrics': {
    get: open({
      id: 'getMetrics',
      tag,
      summary: 'Metrics for Prometheus',
      success: { 200: { description: 'Prometheus text format.', content: { 'text/plain': { schema: z.string() } } } },
      codes: [],
    }),
  },
  '/docs/errors/{code}': {
    get: open({
      id: 'getErrorPage',
      tag,
      summary: 'The page that explains an error code',
      path: z.object({ code: z.string() }),
      success: { 200: { description: 'The page.', content: { 'text/markdown': { schema: z.string() } } } },
      codes: ['not_found'],
    }),
  },
  '/openapi.json': {
    get: open({
      id: 'getDocument',
      tag,
      summary: 'This document',
      success: { 200: json('An OpenAPI 3.1 document.', z.looseObject({ openapi: z.string() })) },
      codes: [],
    }),
  },
};
