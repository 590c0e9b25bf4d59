import {
  DataReference,
  DataReferenceId,
  DataReferencesReply,
  Grantee,
  GrantRequest,
  GrantsReply,
  LineageReply,
  MashReply,
  MashRequest,
  ProjectionRequest,
  ProvenanceReply,
} from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { LineageQuery, ProvenanceQuery, ReferencesQuery, WaitQuery } from '../read-model/data-parameters.js';
import { LAG } from './lists.paths.js';
import { authenticated, BODY_CODES, json, jsonBody } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

const tag = 'data';
const path = z.object({
  referenceId: DataReferenceId.meta({ description: 'Percent-encoded: `content%3A%2F%2F…`.' }),
});
const listCodes = ['invalid_request', 'read_model_unavailable', 'log_corrupt'] as const;
const codes = [...listCodes, 'not_found'] as const;

const grantCodes = [
  ...OPERATION_POLICY_CODES,
  'data_access_denied',
  'not_found',
  'outcome_unknown',
  'wal_unavailable',
] as const;

export const dataPaths: ZodOpenApiPathsObject = {
  '/v1/data/references': {
    get: authenticated({
      id: 'listReferences',
      tag,
      summary: 'List references, newest first',
      description:
        'The tenant’s for those whom policy allows `execution.read` on everybody’s, else what the caller registered or ' +
        'executions of theirs were given.',
      query: ReferencesQuery,
      success: { 200: json('A page.', DataReferencesReply, LAG) },
      codes: listCodes,
    }),
  },
  '/v1/data/references/{referenceId}': {
    get: authenticated({
      id: 'getReference',
      tag,
      summary: 'Read what is recorded about a reference',
      path,
      query: WaitQuery,
      success: { 200: json('The reference; never what it stands for.', DataReference, LAG) },
      codes,
    }),
  },
  '/v1/data/references/{referenceId}/provenance': {
    get: authenticated({
      id: 'getProvenance',
      tag,
      summary: 'Read what happened to a reference, oldest first',
      path,
      query: ProvenanceQuery,
      success: { 200: json('A page.', ProvenanceReply, LAG) },
      codes,
    }),
  },
  '/v1/data/references/{referenceId}/lineage': {
    get: authenticated({
      id: 'getLineage',
      tag,
      summary: 'Follow what a reference was made from, or what was made from it',
      path,
      query: LineageQuery,
      success: { 200: json('Nodes and edges; `truncatedBy` tells when there is more.', LineageReply, LAG) },
      codes,
    }),
  },
  '/v1/data/references/{referenceId}/grants': {
    get: authenticated({
      id: 'listGrants',
      tag,
      summary: 'To whom a reference is granted',
      path,
      success: { 200: json('The grants, oldest first.', GrantsReply) },
      codes: grantCodes,
    }),
    post: authenticated({
      id: 'grantReference',
      tag,
      summary: 'Let another user or a role use a reference',
      description: 'For its owner, whom policy allows `data.grant`. Granting it again changes nothing.',
      path,
      body: jsonBody(GrantRequest),
      success: { 200: json('The grants afterwards.', GrantsReply) },
      codes: [...grantCodes, ...BODY_CODES],
    }),
  },
  '/v1/data/references/{referenceId}/grants/{grantee}': {
    delete: authenticated({
      id: 'revokeGrant',
      tag,
      summary: 'Take a grant back, from the next decision on',
      path: path.extend({ grantee: Grantee.meta({ description: 'Percent-encoded: `user%3Abob`.' }) }),
      success: { 200: json('The grants afterwards.', GrantsReply) },
      codes: [...grantCodes, 'invalid_request'],
    }),
  },
  '/v1/data/mash': {
    post: authenticated({
      id: 'queryMash',
      tag,
      summary: 'Compare what is recorded about several references',
      description: 'Moves no data: nothing is taken in, opened or kept.',
      query: WaitQuery,
      body: jsonBody(MashRequest),
      success: { 200: json('References, and what they have in common.', MashReply, LAG) },
      codes: [...BODY_CODES, 'read_model_unavailable', 'log_corrupt'],
    }),
  },
  '/v1/data/projections': {
    post: authenticated({
      id: 'projectMeaning',
      tag,
      summary: 'Project the meaning of a reference: deferred',
      description: 'Answers `deferred` to every well-formed request.',
      body: jsonBody(ProjectionRequest),
      success: {},
      codes: [...BODY_CODES, 'deferred'],
    }),
  },
};
