import type { Principal } from '@intendant/intent-model';
import { expect, it } from '@jest/globals';
import { ContentController } from './content.controller.js';
import { ExecutionsController } from './executions.controller.js';
import { IdentityGuard } from './identity.guard.js';
import { RefusalsController } from './refusals.controller.js';
import { SagasController } from './sagas.controller.js';

const principal: Principal = { tenantId: 'acme', userId: 'ada', roles: [], mode: 'standard' };
const guard = new IdentityGuard({} as never);

const asked = (handler: object, query: Readonly<Record<string, unknown>>) => () =>
  guard.canActivate({
    switchToHttp: () => ({ getRequest: () => ({ principal, correlationId: 'c1', headers: {}, query }) }),
    getHandler: () => handler,
  } as never);

it.each<[string, object, Readonly<Record<string, unknown>>]>([
  ['nothing', ExecutionsController.prototype.get, {}],
  ['who asks', ExecutionsController.prototype.get, { tenantId: 'acme' }],
  ['a page of events', ExecutionsController.prototype.events, { after: '1', limit: '2' }],
  ['a digest of content', ContentController.prototype.stage, { sha256: 'x' }],
  ['a page of stuck sagas', SagasController.prototype.stuck, { limit: '1', cursor: 'x', waitFor: 'audit' }],
  ['a page of refusals', RefusalsController.prototype.list, { before: '1', limit: '2' }],
])('a query that says %s passes', (_what, handler, query) => {
  expect(asked(handler, query)()).toBe(true);
});

it.each<[object, string]>([
  [ExecutionsController.prototype.get, 'limit'],
  [ExecutionsController.prototype.events, 'limit[]'],
  [ExecutionsController.prototype.events, 'from'],
  [ContentController.prototype.stage, 'SHA256'],
  [SagasController.prototype.get, 'cursor'],
])('a parameter that an operation does not take is named: %p %s', (handler, name) => {
  expect(asked(handler, { [name]: '3' })).toThrow(
    expect.objectContaining({
      failure: expect.objectContaining({ code: 'invalid_request', field: `query ${name}` }),
    }),
  );
});

it('a stream of events has no pages, and says so', async () => {
  const [executionId, state] = [`exe_${'1'.repeat(32)}`, { executionId: 'exe', intent: principal }];
  const platform = {
    wal: { tenantOfStream: () => Promise.resolve('acme') },
    supervisor: { read: () => Promise.resolve(state) },
  } as never;
  const request = { principal, headers: { accept: 'text/event-stream' } } as never;
  const stream = new ExecutionsController(platform).events(request, {} as never, executionId, undefined, '3');
  await expect(stream).rejects.toMatchObject({ failure: { code: 'invalid_request', field: 'query limit' } });
});
