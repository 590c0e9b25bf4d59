import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createLogger } from '@intendant/nest-kit';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import { installIntentRoute } from '../http/intent-route.js';
import { KnownPaths } from '../http/known-paths.js';
import type { Platform } from '../platform/compose.js';
import { RuntimeModule } from '../runtime.module.js';
import { openApiDocument } from './document.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

interface Documented {
  readonly operationId?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, unknown>> }>
  >;
}

const API_PAGE = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');

const documented = new Map<string, Documented>();
for (const [path, item] of Object.entries(openApiDocument().paths ?? {}))
  for (const method of METHODS)
    if (item?.[method] !== undefined) documented.set(`${method.toUpperCase()} ${path}`, item[method] as Documented);

/** Every route that the application registers, as the document writes it. */
async function registeredRoutes(): Promise<{ app: NestFastifyApplication; routes: Set<string> }> {
  const adapter = new FastifyAdapter();
  const routes = new Set<string>();
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') routes.add(`${one} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  });
  const paths = new KnownPaths();
  const platform = { logger: createLogger('spec', 'fatal') } as unknown as Platform;
  const app = await NestFactory.create<NestFastifyApplication>(RuntimeModule.of(platform, paths), adapter, {
    logger: false,
  });
  installIntentRoute(adapter.getInstance() as unknown as FastifyInstance, platform, paths);
  await app.init();
  return { app, routes };
}

describe('the OpenAPI document', () => {
  let app: NestFastifyApplication;
  let routes: Set<string>;
  beforeAll(async () => {
    ({ app, routes } = await registeredRoutes());
  });

  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(openApiDocument()) as never)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('describes every registered route, and no other', () => {
    expect([...documented.keys()].sort()).toEqual([...routes].sort());
  });

  it('is served without a token', async () => {
    const answer = await app.inject({ method: 'GET', url: '/openapi.json' });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      200,
      expect.stringContaining('application/json'),
    ]);
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
    await app.close();
  });

  it('names every operation once', () => {
    const ids = [...documented.values()].map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(undefined);
  });

  it('has what docs/api.md says that any request may meet in every operation under /v1, and nothing else', () => {
    const [, listed = ''] = /Any request may meet ([^;]*);/.exec(API_PAGE) ?? [];
    const met = [...listed.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code as string);
    // of policy where it is asked; of paths for methods that are no operation
    const elsewhere = ['rate_limited', 'policy_unavailable', 'method_not_allowed'];
    const codes = [...documented].filter(([route]) => route.includes(' /v1/')).map(([, one]) => codesOf(one));
    const everywhere = [...(codes[0] ?? [])].filter((code) => codes.every((others) => others.has(code)));
    expect([...everywhere, ...elsewhere].sort()).toEqual(met.sort());
  });
});

/** The codes that an operation's problem documents are described with. */
const codesOf = ({ responses }: Documented): ReadonlySet<string> =>
  new Set(
    Object.values(responses).flatMap(({ description }) =>
      [...description.matchAll(/^`([a-z_]+)`: /gm)].map(([, code]) => code as string),
    ),
  );

describe.each([...documented])('%s', (route, operation) => {
  const asksForToken = operation.security === undefined;

  it('asks for a token exactly under /v1', () => {
    expect(asksForToken).toBe(route.includes(' /v1/'));
  });

  it('says what becomes of a body that is not JSON, exactly where a body may come', () => {
    expect(operation.responses['415'] !== undefined).toBe(/^(POST|PUT|PATCH)/.test(route));
  });

  it('has every parameter of its path, and the correlation header where it is read', () => {
    const named = (operation.parameters ?? []).map((one) => `${one.in} ${one.name}`);
    const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`);
    expect(named).toEqual(expect.arrayContaining([...inPath, ...(asksForToken ? ['header x-correlation-id'] : [])]));
  });

  it('has a success unless it is deferred, and a problem document for everything else', () => {
    const statuses = Object.entries(operation.responses);
    const isDeferred = operation.responses['501'] !== undefined;
    expect(statuses.some(([status]) => status.startsWith('2'))).toBe(!isDeferred);
    for (const [status, { content }] of statuses)
      if (Number(status) >= 400 && route !== 'GET /health/ready')
        expect([status, Object.keys(content ?? {})]).toEqual([status, ['application/problem+json']]);
    expect(Object.keys(operation.responses)).toEqual(
      expect.arrayContaining(asksForToken ? ['401', '403', '500'] : ['500']),
    );
  });
});
