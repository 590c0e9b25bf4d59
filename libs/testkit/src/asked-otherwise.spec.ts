import type { SagaContext } from '@intendant/participant';
import { replayFully } from '@intendant/replay';
import type { LogRecord } from '@intendant/wal';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { rerunInMemory } from './rerun-in-memory.js';
import { SagaWorld } from './saga-world.js';
import { coded } from './samples/sample-sagas.js';
import { resultOf, type SampleHandler, sampleService } from './samples/sample-service.js';

/** What a handler asks for, and may ask for otherwise in another version of its code. */
const ASKED = {
  child: 'demo.child',
  payload: { n: 7, m: { a: 1, b: 2 } } as object,
  undo: 'demo.undo' as string | null,
  undoInput: { id: 'a' } as object,
  sleepMs: 60_000,
  signal: 'go',
  signalMs: 30_000 as number | undefined,
  prompt: 'Ship it?',
  value: 'first',
};
type Asked = typeof ASKED;

const undoOf = ({ undo, undoInput }: Asked) =>
  undo === null ? {} : { compensate: { intent: undo, input: undoInput as Record<string, never> } };

const asking =
  (asked: Asked): SampleHandler =>
  async (_intent, context) => {
    await context.step('paid', async () => 1, undoOf(asked));
    await context.intent(asked.child, asked.payload as Record<string, never>, { id: 'child', ...undoOf(asked) });
    await context.sleep('night', asked.sleepMs);
    const wait = asked.signalMs === undefined ? {} : { timeoutMs: asked.signalMs };
    await context.waitForSignal(asked.signal, { id: 'word', ...wait });
    await context.approval('release', { prompt: asked.prompt, timeoutMs: 1_000 });
    context.state.set('phase', asked.value);
    return resultOf();
  };

async function recorded(): Promise<readonly LogRecord[]> {
  const saga = coded('asks', asking(ASKED));
  const world = new SagaWorld(saga.services());
  await world.start();
  await world.submit(saga.intentType, saga.payload);
  expect((await world.untilSettled()).status).toBe('completed');
  return world.records();
}

const again = (records: readonly LogRecord[], asked: Asked) =>
  replayFully(SAMPLE_IDS.executionId, records, rerunInMemory([sampleService({ durable: true }, asking(asked))]));

describe('an operation that is asked for something else in its place', () => {
  it('is equal when what it is asked for is the same, in whatever order its members are', async () => {
    const records = await recorded();
    const replay = await again(records, { ...ASKED, payload: { m: { b: 2, a: 1 }, n: 7 } });
    expect(replay).toMatchObject({ equal: true });
  });

  it.each<[string, Partial<Asked>, LogRecord['type'], RegExp]>([
    ['another child', { child: 'demo.look' }, 'child.started', /intentType demo.child, got .* demo.look$/],
    ['another payload', { payload: { n: 8 } }, 'child.started', /^expected child child with payloadDigest /],
    ['another undo', { undo: 'demo.work' }, 'step.started', /step paid with undo demo.undo, got .* undo demo.work$/],
    ['no undo', { undo: null }, 'step.started', /step paid with undo demo.undo, got step paid with undo none$/],
    ['another input of the undo', { undoInput: { id: 'b' } }, 'step.started', /step paid with undoInputDigest/],
    ['another sleep', { sleepMs: 999_999 }, 'timer.set', /sleep night with durationMs 60000, got .* 999999$/],
    ['another signal', { signal: 'stop' }, 'signal.awaited', /signal word with signal go, got .* signal stop$/],
    ['another patience', { signalMs: 30_001 }, 'signal.awaited', /timeoutMs 30000, got .* timeoutMs 30001$/],
    ['endless patience', { signalMs: undefined }, 'signal.awaited', /timeoutMs 30000, got .* timeoutMs none$/],
    ['another question', { prompt: 'Sell it?' }, 'signal.awaited', /prompt Ship it\?, got .* prompt Sell it\?$/],
    ['another value of the state', { value: 'second' }, 'state.changed', /state phase with valueDigest/],
  ])('is found by a full replay: %s', async (_what, change, type, detail) => {
    const records = await recorded();
    const { equal, firstDivergence } = await again(records, { ...ASKED, ...change });
    expect(equal).toBe(false);
    expect(firstDivergence).toMatchObject({ stepId: 'main', detail: expect.stringMatching(detail) });
    expect(records.find(({ seq }) => seq === firstDivergence?.seq)?.type).toBe(type);
  });

  it('is compared as far as records of before durations were kept tell', async () => {
    const early = (await recorded()).map((record): LogRecord => {
      if (record.type === 'timer.set') {
        const { durationMs: _kept, ...data } = record.data;
        return { ...record, data };
      }
      if (record.type !== 'signal.awaited') return record;
      const { timeoutMs: _kept, ...data } = record.data;
      return { ...record, data };
    });
    expect(await again(early, { ...ASKED, sleepMs: 1, signalMs: 1 })).toMatchObject({ equal: true });
  });

  it('stops a handler that resumes when it is a child of another intent, whose result it would take for its own', async () => {
    let child = 'demo.child';
    const handler = async (context: SagaContext): Promise<void> => {
      await context.intent(child, {}, { id: 'child' });
      child = 'demo.look';
      await context.sleep('night', 60_000);
    };
    const saga = coded('changes', async (_intent, context) => {
      await handler(context);
      return resultOf();
    });
    const world = new SagaWorld(saga.services());
    await world.start();
    await world.submit(saga.intentType, saga.payload);
    expect((await world.untilSettled()).status).toBe('stuck');
    const stuck = (await world.records()).find((record) => record.type === 'execution.stuck');
    expect(stuck?.data).toMatchObject({
      reason: expect.stringContaining(
        'child child with intentType demo.child, got child child with intentType demo.look',
      ),
    });
  });
});
