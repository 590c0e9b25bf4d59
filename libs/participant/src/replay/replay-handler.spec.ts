import { Readable } from 'node:stream';
import type { ReplayCall } from '@intendant/intent-model';
import { sha256Hex } from '@intendant/kernel';
import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import type { DataPlane } from '../handler-context.js';
import type { HandlerContext, RuntimeParticipant } from '../participant.js';
import { sampleCall } from '../testing/behaviour.js';
import { replayHandler } from './replay-handler.js';

const NOTHING = { artifacts: [], events: [], stateChanges: [] };
const ref = `content://${'a'.repeat(64)}`;
const content = { ref, sha256: 'a'.repeat(64), sizeBytes: 5 };

const STARTED_AT = '2026-01-02T03:04:05.678Z';
const call = { ...sampleCall({}), timeoutMs: 1_000, references: [{ reference: ref, content, artifact: null }] };
const replay: ReplayCall = { call, startedAt: STARTED_AT, state: [{ key: 'phase', value: 'second' }] };

/** Everything but reading is live, and may not be reached. */
function portsOf() {
  const reached: string[] = [];
  const live = (what: string) => async () => {
    reached.push(what);
    throw new Error(`${what} is live`);
  };
  const dataPlane: DataPlane = {
    read: async () => Readable.from([Buffer.from('bytes')]),
    write: live('write'),
    state: live('state'),
    report: live('report'),
  };
  const time = new ManualTime();
  return { reached, time, ports: { scheduler: time, dataPlane: () => dataPlane } };
}

const isolated = (handleIntent: (context: HandlerContext) => Promise<unknown>): RuntimeParticipant => ({
  isolated: true,
  getSupportedIntents: () => ['content.parse'],
  handleIntent: async (_intent, context) => (await handleIntent(context)) as typeof NOTHING,
});
const EFFECTFUL = { sideEffects: 'idempotent' } as const;

describe('a handler that runs again', () => {
  it('reads what was recorded, digests what it writes, and sees the state and the deadline of then', async () => {
    const { ports, reached } = portsOf();
    const participant = isolated(async (context) => {
      const chunks: Buffer[] = [];
      for await (const chunk of await context.content.read(ref)) chunks.push(Buffer.from(chunk as Uint8Array));
      const written = await context.content.write(Readable.from(['by', 'tes']));
      const data = {
        read: Buffer.concat(chunks).toString(),
        written,
        phase: await context.state.get('execution', 'phase'),
        none: await context.state.get('execution', 'gone'),
        deadline: context.deadlineAtMs,
      };
      return { ...NOTHING, events: [{ eventType: 'content.seen', data }] };
    });
    const sha256 = sha256Hex(Buffer.from('bytes'));
    expect(await replayHandler(participant, EFFECTFUL, ports, replay)).toMatchObject({
      status: 'succeeded',
      result: {
        events: [
          {
            data: {
              read: 'bytes',
              written: { ref: `content://${sha256}`, sha256, sizeBytes: 5 },
              phase: 'second',
              none: null,
              deadline: Date.parse(STARTED_AT) + 1_000,
            },
          },
        ],
      },
    });
    expect(reached).toEqual([]);
  });

  it('is refused state of the session, whatever it makes of the refusal', async () => {
    const participant = isolated(async (context) => {
      await context.state.get('session', 'last').catch(() => null);
      return NOTHING;
    });
    expect(await replayHandler(participant, EFFECTFUL, portsOf().ports, replay)).toMatchObject({
      status: 'refused',
      code: 'state_not_recorded',
    });
  });

  it('is not run when nobody says that it is isolated, unless it has no side effects', async () => {
    const participant = { ...isolated(async () => NOTHING), isolated: false };
    const { ports } = portsOf();
    expect(await replayHandler(participant, EFFECTFUL, ports, replay)).toMatchObject({ code: 'not_isolated' });
    expect(await replayHandler(participant, { sideEffects: 'none' }, ports, replay)).toMatchObject({
      status: 'succeeded',
    });
  });

  it('is given up when it takes longer than it may', async () => {
    const { ports, time } = portsOf();
    const answer = replayHandler(
      isolated(() => new Promise(() => undefined)),
      EFFECTFUL,
      ports,
      replay,
    );
    await time.pass(1_000);
    expect(await answer).toMatchObject({ status: 'failed', error: { code: 'step_timeout' } });
  });
});
