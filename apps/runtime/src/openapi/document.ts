import { Problem } from '@intendant/intent-model';
import { type CreateDocumentOptions, createDocument } from 'zod-openapi';
import { contentPaths } from './content.paths.js';
import { dataPaths } from './data.paths.js';
import { executionPaths } from './executions.paths.js';
import { intentPaths } from './intents.paths.js';
import { listPaths } from './lists.paths.js';
import { outboxPaths } from './outbox.paths.js';
import { platformPaths } from './platform.paths.js';
import { policyPaths } from './policies.paths.js';
import { readModelPaths } from './read-model.paths.js';
import { refusalPaths } from './refusals.paths.js';
import { sagaPaths } from './sagas.paths.js';
import { sessionPaths } from './sessions.paths.js';
import { signalPaths } from './signals.paths.js';

/** Objects are open unless their schema says otherwise: a later version may add members. A format says what its pattern would. */
export const documentOptions: CreateDocumentOptions = {
  override: ({ jsonSchema, zodSchema }) => {
    const { def } = zodSchema._zod;
    if (def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties;
    if (def.type === 'object' && Object.keys(def.shape).length === 0) delete jsonSchema.properties;
    if (jsonSchema.format === 'date-time' || jsonSchema.format === 'uuid') delete jsonSchema.pattern;
  },
  allowEmptySchema: { custom: true },
};

let made: ReturnType<typeof createDocument> | undefined;

/** The OpenAPI 3.1 document of the Runtime's HTTP API, made on first use. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  made ??= createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Intendant',
        version: '1.0.0',
        description: 'A governed runtime: intents run only when policy allows, and everything is recorded.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      security: [{ bearer: [] }],
      paths: {
        ...intentPaths,
        ...sessionPaths,
        ...contentPaths,
        ...listPaths,
        ...dataPaths,
        ...executionPaths,
        ...signalPaths,
        ...sagaPaths,
        ...refusalPaths,
        ...policyPaths,
        ...outboxPaths,
        ...readModelPaths,
        ...platformPaths,
      },
      components: {
        schemas: { Problem },
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Tenant, user, roles and mode come from this token and from nowhere else.',
          },
        },
      },
    },
    documentOptions,
  );
  return made;
}
