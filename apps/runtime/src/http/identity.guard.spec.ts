import type { Principal } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { ContentController } from './content.controller.js';
import { DataGrantsController } from './data-grants.controller.js';
import { ExecutionsController } from './executions.controller.js';
import { IdentityGuard } from './identity.guard.js';
import { requireNoBody } from './no-body.js';
import { OutboxController } from './outbox.controller.js';
import { ReadModelController } from './read-model.controller.js';
import { RefusalsController } from './refusals.controller.js';
import { replayModeOf, sessionReplayModeOf } from './replay-request.js';
import { ReplaysController } from './replays.controller.js';
import { SagaActionsController } from './saga-actions.controller.js';
import { SagasController } from './sagas.controller.js';
import { SessionReplayController } from './session-replay.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SignalsController } from './signals.controller.js';

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

describe('who a body says is asking', () => {
  const bodies: [string, object, object][] = [
    ['a replay', ReplaysController.prototype.replay, { mode: 'state_only' }],
    ["a session's replay", SessionReplayController.prototype.replay, { mode: 'state_only' }],
    ['a validation', ReplaysController.prototype.validate, {}],
    ['a rebuild', ReadModelController.prototype.rebuild, {}],
    ['a redrive', OutboxController.prototype.redrive, {}],
    ['a session', SessionsController.prototype.open, {}],
    ['a signal', SignalsController.prototype.send, {}],
    ['a claim', SagaActionsController.prototype.claim, {}],
    ['a grant', DataGrantsController.prototype.grant, { grantee: 'user:bob' }],
  ];
  const sent = async (handler: object, body: string) => {
    const recorded: unknown[] = [];
    const record = async ({ mismatches }: { mismatches: readonly { field: string }[] }) => {
      recorded.push(mismatches.map(({ field }) => field));
      return 'rfs_1';
    };
    const request = { principal, headers: { 'x-user-id': 'eve' }, query: {}, body: Buffer.from(body) };
    const context = { switchToHttp: () => ({ getRequest: () => request }), getHandler: () => handler };
    const passed = Promise.resolve(new IdentityGuard({ refusals: { record } } as never).canActivate(context as never));
    await expect(passed).rejects.toMatchObject({
      failure: { code: 'identity_override', extra: { refusalId: 'rfs_1' } },
    });
    return recorded;
  };

  it.each(bodies)('%s: recorded with every place that disagrees', async (_what, handler, body) => {
    const claimed = await sent(handler, JSON.stringify({ ...body, tenantId: 't_other', userId: 'ada' }));
    expect(claimed).toEqual([['/tenantId', 'header x-user-id']]);
    // what else is in it, or what cannot be read, claims nothing
    for (const text of [JSON.stringify(body), '{', '[]', ''])
      expect(await sent(handler, text)).toEqual([['header x-user-id']]);
  });

  it('is left out of what is read where it agrees', () => {
    const body = (more: object = {}) => Buffer.from(JSON.stringify({ tenantId: 'acme', ...more }));
    expect(() => requireNoBody(body())).not.toThrow();
    expect(replayModeOf(body({ mode: 'full' }))).toBe('full');
    expect(sessionReplayModeOf(body({ mode: 'events_only' }))).toBe('events_only');
  });
});
