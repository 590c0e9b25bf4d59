import {
  CallCancel,
  CallOutcome,
  CallProbe,
  ContentDescriptor,
  DrainAnswer,
  type ErrorCode,
  JournalReply,
  JournalRequest,
  JsonValueSchema,
  LeaseMessage,
  ParticipantCall,
  ParticipantPath,
  ParticipantRegistration,
  ParticipantRegistrationPath,
  ProbeAnswer,
  Problem,
  RegistrationReceipt,
  RenewAnswer,
  ReplayAnswer,
  ReplayCall,
  Sha256,
} from '@intendant/intent-model';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { documentOptions } from './document.js';
import { json, jsonBody } from './operation.js';
import { problems } from './problem-responses.js';

const bytes = { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } };

interface Described {
  readonly id: string;
  readonly tag: 'participant' | 'curator' | 'data plane';
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  readonly codes: readonly ErrorCode[];
  readonly more?: Partial<ZodOpenApiOperationObject>;
}

const SECURITY = {
  participant: [{ mutualTls: [], requestSignature: [] }],
  curator: [{ mutualTls: [] }],
  'data plane': [{ mutualTls: [], grant: [] }],
};

const operation = ({ id, tag, summary, body, answer, codes, more }: Described): ZodOpenApiOperationObject => ({
  operationId: id,
  tags: [tag],
  summary,
  security: SECURITY[tag],
  ...(body === undefined ? {} : { requestBody: jsonBody(body) }),
  ...more,
  responses: { '200': json('Done.', answer), ...more?.responses, ...problems(codes) },
});

const MALFORMED = ['malformed_json', 'invalid_request', 'body_too_large', 'unsupported_media_type'] as const;
const SIGNED = ['unauthenticated', 'action_not_permitted', ...MALFORMED] as const;
const CERTIFIED = ['action_not_permitted', ...MALFORMED, 'internal_error'] as const;

/** Status and headers that an answer of a participant is bound to its request by. */
const signedAnswer = z.object({
  'content-digest': z.string().meta({ description: 'RFC 9530: `sha-256=:…:` of the body.' }),
  'signature-input': z.string().meta({
    description:
      'RFC 9421: `sig=("@status" "content-type" "content-digest" "signature";req);created=…;keyid="…";alg="hmac-sha256"`.',
  }),
  signature: z.string().meta({ description: '`sig=:…:`, made with the key of the request.' }),
});

const signed = (described: Omit<Described, 'tag' | 'codes'>) =>
  operation({
    ...described,
    tag: 'participant',
    codes: SIGNED,
    more: {
      responses: { '200': json('Signed for the request that it answers.', described.answer, signedAnswer.shape) },
    },
  });

/** What a participant serves below the URL that it registered. */
const participantPaths: ZodOpenApiPathsObject = {
  [ParticipantPath.call]: {
    post: signed({
      id: 'call',
      summary: 'One call of one step; answered when its outcome is known, at the latest when timeoutMs is over',
      body: ParticipantCall.meta({ id: 'ParticipantCall' }),
      answer: CallOutcome.meta({ id: 'CallOutcome' }),
    }),
  },
  [ParticipantPath.cancel]: {
    post: signed({
      id: 'cancel',
      summary: 'The call is given up: its handler is told to stop; the call itself is still answered',
      body: CallCancel.meta({ id: 'CallCancel' }),
      answer: z.object({}),
    }),
  },
  [ParticipantPath.probe]: {
    post: signed({
      id: 'probe',
      summary: 'What is stored under a key; runs nothing',
      body: CallProbe.meta({ id: 'CallProbe' }),
      answer: ProbeAnswer.meta({ id: 'ProbeAnswer' }),
    }),
  },
  [ParticipantPath.replay]: {
    post: signed({
      id: 'replay',
      summary: 'Runs a recorded handler again in isolation; may be missing, then nothing of it is replayed in full',
      body: ReplayCall.meta({ id: 'ReplayCall' }),
      answer: ReplayAnswer.meta({ id: 'ReplayAnswer' }),
    }),
  },
};

const curatorPaths: ZodOpenApiPathsObject = {
  [ParticipantRegistrationPath.register]: {
    post: operation({
      id: 'register',
      tag: 'curator',
      summary: 'An instance announces itself; the receipt holds the key that signs the requests to it',
      body: ParticipantRegistration,
      answer: RegistrationReceipt,
      codes: [...CERTIFIED, 'registration_refused', 'registration_pending'],
    }),
  },
  [ParticipantRegistrationPath.renew]: {
    post: operation({
      id: 'renew',
      tag: 'curator',
      summary: 'Keeps a lease; with lease_unknown the instance has to register again',
      body: LeaseMessage,
      answer: RenewAnswer,
      codes: CERTIFIED,
    }),
  },
  [ParticipantRegistrationPath.drain]: {
    post: operation({
      id: 'drain',
      tag: 'curator',
      summary: 'Takes the instance back: it gets no further calls',
      body: LeaseMessage,
      answer: DrainAnswer,
      codes: CERTIFIED,
    }),
  },
};

const JournalRefusal = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('superseded') }),
  z.object({ kind: z.literal('violation'), expected: z.string(), actual: z.string() }),
]);

/** What a running call may use, below the URL that it carries. */
const dataPlanePaths: ZodOpenApiPathsObject = {
  '/content/{sha256}': {
    get: operation({
      id: 'readContent',
      tag: 'data plane',
      summary: 'Bytes that the decision lets this call read',
      answer: z.string(),
      codes: ['unauthenticated', 'data_access_denied', 'content_not_found', 'internal_error'],
      more: {
        requestParams: { path: z.object({ sha256: Sha256 }) },
        responses: { '200': { description: 'The bytes.', content: bytes } },
      },
    }),
  },
  '/content': {
    post: operation({
      id: 'writeContent',
      tag: 'data plane',
      summary: 'Stores bytes under their digest',
      answer: ContentDescriptor,
      codes: ['unauthenticated', 'content_too_large', 'content_quota_exceeded', 'storage_low', 'internal_error'],
      more: { requestBody: { required: true, content: bytes } },
    }),
  },
  '/state/{scope}/{key}': {
    get: operation({
      id: 'readState',
      tag: 'data plane',
      summary: 'The last committed value of a key',
      answer: z.object({ value: JsonValueSchema }),
      codes: ['unauthenticated', 'not_found', 'internal_error'],
      more: { requestParams: { path: z.object({ scope: z.enum(['session', 'execution']), key: z.string() }) } },
    }),
  },
  '/journal': {
    post: operation({
      id: 'reportJournal',
      tag: 'data plane',
      summary: 'What the handler of a saga as code did, in order; durable when it is answered',
      body: JournalRequest,
      answer: JournalReply,
      codes: ['unauthenticated', ...MALFORMED, 'internal_error'],
      more: { responses: { '409': json('Nothing was recorded, and the call is over.', JournalRefusal) } },
    }),
  },
};

/** The OpenAPI 3.1 document of the participant protocol over HTTP, all of its sides. */
export const participantProtocolDocument = (): ReturnType<typeof createDocument> =>
  createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Intendant: the participant protocol over HTTP',
        version: '1.0.0',
        description:
          'Three servers. `participant`: what a domain service serves, and the Runtime calls. `curator`: where it registers. `data plane`: what a running call may use, at the URL and with the grant that the call carries. What it means is in docs/adr/0004, 0006 and 0007.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [{ name: 'participant' }, { name: 'curator' }, { name: 'data plane' }],
      paths: { ...participantPaths, ...curatorPaths, ...dataPlanePaths },
      components: {
        schemas: { Problem },
        securitySchemes: {
          mutualTls: {
            // OpenAPI 3.1 knows it, the types do not
            type: 'mutualTLS' as 'http',
            description: 'TLS 1.3; a certificate names one service as `intendant://service/<name>`, and its realms.',
          },
          requestSignature: {
            type: 'apiKey',
            in: 'header',
            name: 'Signature',
            description:
              'RFC 9421 with hmac-sha256 under the key of the lease; `Signature-Input` must be `sig=("@method" "@authority" "@path" "content-type" "content-digest");created=…;expires=…;nonce="…";keyid="…";alg="hmac-sha256"`, with at most 30 seconds from created to expires. A nonce is good once.',
          },
          grant: { type: 'http', scheme: 'bearer', description: 'The grant of the call: good while the call runs.' },
        },
      },
    },
    documentOptions,
  );
