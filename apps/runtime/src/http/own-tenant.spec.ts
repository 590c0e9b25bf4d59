import { setImmediate as answered } from 'node:timers/promises';
import type { Principal } from '@intendant/intent-model';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SignalDesk } from '../signals/signal-desk.js';
import { ExecutionsController } from './executions.controller.js';
import { OutboxController } from './outbox.controller.js';
import { SagasController } from './sagas.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SignalsController } from './signals.controller.js';

const FOREIGN = `exe_${'0'.repeat(31)}1`;
const MISSING = `exe_${'0'.repeat(31)}2`;
const OWN = `exe_${'0'.repeat(31)}3`;
const SESSION = `ses_${'0'.repeat(31)}1`;
const NO_SESSION = `ses_${'0'.repeat(31)}2`;
const OWNERS: Readonly<Record<string, string>> = { [FOREIGN]: 'other', [SESSION]: 'other', [OWN]: 'acme' };

const principal: Principal = { tenantId: 'acme', userId: 'ada', roles: [], mode: 'standard' };
const request = { principal, correlationId: 'c1', headers: {}, query: {} } as never;
const SIGNAL = { signalId: '0190a5d4-7c7b-7000-8000-000000000001', signalType: 'pause' };

/** What was asked of the log and of its folds. */
let asked: string[] = [];
let warned: unknown[] = [];
beforeEach(() => {
  asked = [];
  warned = [];
});

const note = (what: string, answer?: unknown) => (id: string) => {
  asked.push(`${what} ${id}`);
  return Promise.resolve(answer);
};

const platform = {
  wal: {
    tenantOfStream: (id: string) => note('tenant', OWNERS[id])(id),
    readStream: note('stream', []),
  },
  supervisor: { read: note('fold'), isRecovering: () => false },
  sessions: { find: note('session') },
  logger: { warn: (about: unknown) => void warned.push(about) },
} as never;

const executions = new ExecutionsController(platform);
const desk = new SignalDesk(platform);
const signals = new SignalsController(platform, desk);
const sagas = new SagasController(platform);
const outbox = new OutboxController(platform);
const sessions = new SessionsController(platform);
const queried = (executionId: string) =>
  ({ principal, correlationId: 'c1', headers: {}, query: { executionId } }) as never;

describe('what is not of the caller’s tenant', () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['an execution', (id) => executions.get(request, id)],
    ['its status', (id) => executions.status(request, id)],
    ['its state', (id) => executions.state(request, id)],
    ['its result', (id) => executions.result(request, id)],
    ['its decision', (id) => executions.decision(request, id)],
    ['its events', (id) => executions.events(request, {} as never, id)],
    ['its signals', (id) => signals.list(request, id)],
    ['one of them', (id) => signals.get(request, id, SIGNAL.signalId)],
    ['a signal to it', (id) => desk.send(principal, 'c1', id, SIGNAL)],
    ['its saga', (id) => sagas.get(request, id)],
    ['its events to publish', (id) => outbox.entries(queried(id))],
  ])('is not read, and answers like what is missing, told apart in the log alone: %s', async (_what, ask) => {
    for (const id of [FOREIGN, MISSING])
      await expect(ask(id)).rejects.toMatchObject({ failure: { code: 'not_found', detail: 'no such execution' } });
    expect(asked).toEqual([`tenant ${FOREIGN}`, `tenant ${MISSING}`]);
    await answered();
    expect(warned).toEqual([{ tenantId: 'acme', kind: 'execution', id: FOREIGN }]);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['read', (id) => sessions.get(request, id)],
    ['closed', (id) => sessions.close(request, id)],
  ])('is not looked at when it is a session that is %s', async (_what, ask) => {
    for (const id of [SESSION, NO_SESSION])
      await expect(ask(id)).rejects.toMatchObject({ failure: { code: 'not_found', detail: 'no such session' } });
    expect(asked).toEqual([`tenant ${SESSION}`, `tenant ${NO_SESSION}`]);
    await answered();
    expect(warned).toEqual([{ tenantId: 'acme', kind: 'session', id: SESSION }]);
  });

  it('is told from what is, which is read', async () => {
    await expect(executions.get(request, OWN)).rejects.toMatchObject({ failure: { code: 'not_found' } });
    expect(asked).toEqual([`tenant ${OWN}`, `fold ${OWN}`]);
    await expect(executions.get(request, 'no id')).rejects.toMatchObject({ failure: { code: 'not_found' } });
    expect(asked).toHaveLength(2);
    await answered();
    expect(warned).toEqual([]);
  });
});
