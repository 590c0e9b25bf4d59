import { PolicyBundle, PolicyReply } from '@intendant/intent-model';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, BODY_CODES, json, jsonBody } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

export const policyPaths: ZodOpenApiPathsObject = {
  '/v1/policies': {
    post: authenticated({
      id: 'publishPolicy',
      tag: 'policies',
      summary: 'Publish a new policy of the caller’s tenant',
      description: 'Validated whole, atomic, recorded. Publishing the same bundle again changes nothing.',
      body: jsonBody(PolicyBundle),
      success: { 201: json('The revision that is in force.', PolicyReply) },
      codes: [...BODY_CODES, ...OPERATION_POLICY_CODES, 'policy_invalid', 'policy_conflict', 'storage_low'],
    }),
  },
};
