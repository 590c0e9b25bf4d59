import type { Principal } from '@intendant/intent-model';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type RawRequest, rawHttpParticipant, signed } from '../../test/raw-http-participant.js';
import { allowedFor, greeting, smallRuntime } from '../../test/small-runtime.js';

const userOf = (tenantId: string): Principal => ({ tenantId, userId: 'ada', roles: [], mode: 'standard' });
const SUCCEEDED = { status: 'succeeded', result: { artifacts: [], events: [], stateChanges: [] } };
const closing: (() => unknown)[] = [];
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Less than a test may take: one that waits in vain fails, and nothing goes on behind it. */
const WAIT_MS_MAX = 120_000;

const until = async (holds: () => boolean): Promise<void> => {
  const endMs = performance.now() + WAIT_MS_MAX;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`in vain: ${String(holds)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** A Runtime that gives a participant so many calls at once, which it keeps until it is told to answer. */
async function busyParticipant(timeoutMs: number, callsPerInstanceMax = 2) {
  const inHand: RawRequest[] = [];
  const participant = await rawHttpParticipant((request) => void inHand.push(request));
  const runtime = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: null,
    service: 'content',
    instance: participant.instance,
    callsPerInstanceMax,
    decide: allowedFor(timeoutMs),
    capability: greeting({ retry: { attemptsMax: 1, initialMs: 1 }, timeoutMs }),
  });
  closing.push(participant.close, runtime.close);
  const submit = async (tenantId = 't_one') => {
    const principal = userOf(tenantId);
    const { sessionId } = await runtime.sessions.open(principal, {}, 'c1');
    const body = Buffer.from(JSON.stringify({ intentType: 'content.greet', sessionId, payload: {} }));
    const request = { body, headers: {}, query: {}, correlationId: 'c1', traceparent: null };
    const { executionId } = await runtime.intake.submit(principal, request);
    return runtime.supervisor.settled(executionId, WAIT_MS_MAX);
  };
  const answer = (): void => {
    const next = inHand.shift() as RawRequest;
    next.socket.write(signed(next, SUCCEEDED));
  };
  return { submit, answer, inHand, waiting: () => runtime.dispatcher.waitingCount };
}

describe('calls of one participant', () => {
  it('are given to it no more at once than it may have in hand, and all of them in the end', async () => {
    const { submit, answer, inHand, waiting } = await busyParticipant(60_000);
    const ended = Array.from({ length: 5 }, () => submit());
    await until(() => inHand.length === 2 && waiting() === 3);
    for (const left of [2, 1, 0]) {
      answer();
      await until(() => inHand.length === 2);
      expect(waiting()).toBe(left);
    }
    answer();
    answer();
    expect((await Promise.all(ended)).map((state) => state?.status)).toEqual(Array(5).fill('completed'));
  });

  it('of one tenant do not wait for all that another tenant has waiting', async () => {
    const { submit, answer, inHand, waiting } = await busyParticipant(60_000);
    const ended = Array.from({ length: 8 }, () => submit('t_greedy'));
    await until(() => inHand.length === 2 && waiting() === 6);
    ended.push(submit('t_modest'));
    await until(() => waiting() === 7);
    for (const left of [6, 5]) {
      answer();
      await until(() => inHand.length === 2 && waiting() === left);
    }
    expect(inHand.map(({ call }) => call.intent.tenantId).sort()).toEqual(['t_greedy', 't_modest']);
    for (const _call of ended.slice(2)) {
      await until(() => inHand.length > 0);
      answer();
    }
    expect((await Promise.all(ended)).map((state) => state?.status)).toEqual(Array(9).fill('completed'));
  });

  it('over HTTP wait for a connection in the same line, and leave some to cancels', async () => {
    const { submit, answer, inHand, waiting } = await busyParticipant(60_000, 4_000);
    const ended = Array.from({ length: 125 }, () => submit('t_greedy'));
    await until(() => inHand.length === 120 && waiting() === 5);
    ended.push(submit('t_modest'));
    await until(() => waiting() === 6);
    for (const left of [5, 4]) {
      answer();
      await until(() => inHand.length === 120 && waiting() === left);
    }
    expect(inHand.filter(({ call }) => call.intent.tenantId === 't_modest')).toHaveLength(1);
    for (const _call of ended.slice(2)) {
      await until(() => inHand.length > 0);
      answer();
    }
    expect((await Promise.all(ended)).map((state) => state?.status)).toEqual(Array(126).fill('completed'));
  });

  it('that wait for their turn lose none of their time', async () => {
    const { submit, answer, inHand, waiting } = await busyParticipant(4_000);
    const first = [submit(), submit()];
    await until(() => inHand.length === 2);
    const last = submit();
    await until(() => waiting() === 1);
    // the first two are given up, each after its own time; whoever waited is given to the participant then
    expect((await Promise.all(first)).map((state) => state?.status)).toEqual(['failed', 'failed']);
    await until(() => inHand.length === 3);
    inHand.splice(0, 2);
    answer();
    expect((await last)?.status).toBe('completed');
  });
});
