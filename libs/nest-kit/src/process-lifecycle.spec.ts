import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { hostOf, outOfReach } from './config.js';
import { type Lifecycle, runProcess } from './process-lifecycle.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'disconnect', 'message', 'uncaughtException', 'unhandledRejection'] as const;

/** Stands for the end of the process, which the test must survive. */
let ended: Promise<number>;
let before: Map<string, Set<unknown>>;
const logged: { level: number; msg: string; reason?: string }[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  logged.length = 0;
  before = new Map(SIGNALS.map((signal) => [signal, new Set(process.listeners(signal as 'SIGTERM'))]));
  ended = new Promise((resolve) => {
    jest.spyOn(process, 'exit').mockImplementation((code) => {
      resolve(Number(code));
      return undefined as never;
    });
  });
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  for (const signal of SIGNALS)
    for (const listener of process.listeners(signal as 'SIGTERM'))
      if (before.get(signal)?.has(listener) !== true) process.removeListener(signal, listener as () => void);
});

/** Ours only: the test runner has listeners of its own. */
const send = (signal: (typeof SIGNALS)[number], ...args: unknown[]): void => {
  for (const listener of process.listeners(signal as 'SIGTERM') as unknown as ((...all: unknown[]) => void)[])
    if (before.get(signal)?.has(listener) !== true) listener(...args);
};
const lifecycle = (drain: Lifecycle['drain']) => async () => ({ readyDetail: { port: 1 }, drain });

describe('a process', () => {
  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['disconnect', 'launcher gone'],
  ] as const)('drains once on %s and ends with 0', async (signal, reason) => {
    const drained: string[] = [];
    await runProcess(
      logger,
      lifecycle(async (why) => void drained.push(why)),
    );
    send(signal);
    send('SIGTERM');
    expect(await ended).toBe(0);
    expect(drained).toEqual([reason]);
    expect(logged.map((line) => line.msg)).toEqual(['ready', 'draining', 'drained']);
  });

  it('names variables that nothing reads, whichever process they were meant for', async () => {
    const names = [
      'INTENDANT_WALL',
      'INTENDANT_TEST_ANYTHING',
      'INTENDANT_POLICY_DIR',
      'INTENDANT_TLS_CAFILE',
      'OTHER_WAL',
    ];
    for (const name of names) process.env[name] = 'x';
    try {
      await runProcess(
        logger,
        lifecycle(async () => undefined),
      );
    } finally {
      for (const name of names) delete process.env[name];
    }
    expect(logged[0]).toMatchObject({ level: 40, variables: ['INTENDANT_TLS_CAFILE', 'INTENDANT_WALL'] });
  });

  it('answers its launcher that it lives, and nothing else', async () => {
    const sent: unknown[] = [];
    const channel = process.send;
    process.send = ((message: unknown) => sent.push(message) > 0) as typeof process.send;
    try {
      await runProcess(
        logger,
        lifecycle(async () => undefined),
      );
      for (const message of [{ type: 'alive?' }, { type: 'other' }, 'hurry', null]) send('message', message);
    } finally {
      if (channel) process.send = channel;
      else delete process.send;
    }
    expect(sent).toEqual([{ type: 'ready', detail: { port: 1 } }, { type: 'alive' }]);
  });

  it('ends with 1 when its drain fails', async () => {
    await runProcess(
      logger,
      lifecycle(async () => Promise.reject(new Error('stuck'))),
    );
    send('SIGTERM');
    expect(await ended).toBe(1);
  });

  it.each(['uncaughtException', 'unhandledRejection'] as const)(
    'ends with 1 on %s, without a drain',
    async (signal) => {
      const drained: string[] = [];
      await runProcess(
        logger,
        lifecycle(async (why) => void drained.push(why)),
      );
      send(signal, new Error('defect'));
      expect([await ended, drained]).toEqual([1, []]);
      expect(logged.at(-1)).toMatchObject({ level: 60, err: { message: 'defect' } });
    },
  );

  it('that cannot start now says in its last line what was out of reach, and keeps why', async () => {
    const refused = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5432'),
      new Error('connect 127.0.0.1:5432'),
    ]);
    await runProcess(logger, async () => {
      throw outOfReach('INTENDANT_DATABASE_URL', hostOf('postgres://app:secret@db:5432/intendant'), refused);
    }).catch((error: unknown) => send('unhandledRejection', error));
    expect(await ended).toBe(1);
    const said =
      'INTENDANT_DATABASE_URL: db:5432 cannot be used: connect ECONNREFUSED ::1:5432, connect 127.0.0.1:5432';
    expect(logged.at(-1)).toMatchObject({ level: 60, msg: said, err: { type: 'AggregateError' } });
  });

  it('gives up a drain that takes too long', async () => {
    await runProcess(
      logger,
      lifecycle(() => new Promise(() => undefined)),
    );
    send('SIGTERM');
    jest.advanceTimersByTime(12_000);
    expect(await ended).toBe(1);
    expect(logged.at(-1)?.msg).toBe('drain took too long');
  });

  it('that is told to end before it runs ends with 0', async () => {
    let running: (value: Lifecycle) => void = () => undefined;
    const started = runProcess(
      logger,
      () =>
        new Promise<Lifecycle>((resolve) => {
          running = resolve;
        }),
    );
    send('SIGTERM');
    expect(await ended).toBe(0);
    running({ readyDetail: {}, drain: async () => undefined });
    await started;
  });
});
