import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type CallOutcome, type ParticipantCall, RESULT_CHARS_MAX } from '@intendant/intent-model';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HandlerContext, StepFailure } from '../participant.js';
import { endOf, type HarnessFactory, ProtocolBench, toldBy } from './protocol-port.js';
import { resultOf, ScriptedParticipant } from './scripted-participant.js';

const circular = () => {
  const data: Record<string, unknown> = {};
  data.self = data;
  return { ...resultOf(), events: [{ eventType: 'a.b', data }] };
};
const withData = (data: object) => ({ ...resultOf(), events: [{ eventType: 'a.b', data }] });

/** What the SDK promises to handlers in TypeScript, over whatever carries the calls. */
export function describeHandlers(name: string, factory: HarnessFactory): void {
  describe(`handlers: ${name}`, () => {
    const participant = new ScriptedParticipant();
    const bench = new ProtocolBench();
    const send = (call: ParticipantCall): Promise<CallOutcome> => bench.send(call);
    beforeAll(() => bench.up(factory(participant)));
    afterAll(() => bench.down());

    test.each([
      ['nothing', undefined],
      ['an artifact without meaning', { ...resultOf(), artifacts: [{ artifactId: 'file_1' }] }],
      ['a number that is none', withData({ n: Number.POSITIVE_INFINITY })],
      ['an integer that a double cannot hold', withData({ n: 2 ** 60 })],
      ['half a character', withData({ text: '\ud83d' })],
      ['a big integer', withData({ n: 1n })],
      ['a date', withData({ at: new Date(0) })],
      ['a circle', circular()],
      ['more than may be recorded', withData({ text: 'x'.repeat(RESULT_CHARS_MAX) })],
      ['what JSON cannot say', { ...resultOf(), stateChanges: [{ scope: 'session', key: 'a', value: Number.NaN }] }],
    ])('a result that breaks the contract is a final failure: %s', async (_what, returned) => {
      const { call, runs } = participant.script(async () => returned);
      expect(endOf(await send(call))).toBe('contract_violation final');
      expect(endOf(await send({ ...call, callToken: { epoch: 1, n: 2 } }))).toBe('contract_violation final');
      expect(runs()).toBe(1);
    });

    test('a member without a value is no member, and no fault', async () => {
      const { call } = participant.script(async () => withData({ note: undefined }));
      expect(JSON.parse(JSON.stringify(await send(call)))).toMatchObject({
        status: 'succeeded',
        result: { events: [{ data: {} }] },
      });
    });

    test.each([
      ['an error', new TypeError(`password=hunter2 ${'x'.repeat(5_000)}`), 'the handler threw TypeError', true],
      ['no error at all', 'just a text', 'the handler threw a string', true],
      ['a code that is none', new StepFailure('Not A Code', 'text'), 'Not A Code: text', false],
    ])('an error without a code is handler_failed: %s', async (_what, thrown, message, retryable) => {
      const { call } = participant.script(async () => {
        throw thrown;
      });
      const error = { code: 'handler_failed', message, retryable, details: null };
      expect(await send(call)).toEqual({ status: 'failed', error });
    });

    test('details that are no JSON are left out', async () => {
      const { call } = participant.script(async () => {
        throw new StepFailure('odd', 'text', { details: { f: () => 1 } });
      });
      expect(await send(call)).toMatchObject({ error: { code: 'odd', details: null } });
    });

    test('intent and context are frozen all the way down', async () => {
      const { call } = participant.script(async (intent, context) => {
        const attempts: (() => unknown)[] = [
          () => Object.assign(intent, { tenantId: 'other' }),
          () => Object.assign(intent.payload, { script: 'other' }),
          () => Object.assign(context, { userId: 'eve' }),
          () => (context.roles as string[]).push('admin'),
          () => Object.assign(context.content, { read: null }),
          () => Object.assign(context.state, { get: null }),
          () => Object.assign(context.references, { artifact: () => ({}) }),
        ];
        const refused = attempts.filter((attempt) => {
          try {
            attempt();
            return false;
          } catch (error) {
            return error instanceof TypeError;
          }
        });
        return resultOf({ refused: `${refused.length} of ${attempts.length}`, who: context.userId });
      });
      expect(toldBy(await send(call))).toEqual({ refused: '7 of 7', who: 'ada' });
    });

    const written = async (act: (context: HandlerContext) => Promise<object>) => {
      const { call } = participant.script(async (_intent, context) =>
        resultOf({ got: JSON.stringify(await act(context)) }),
      );
      return toldBy(await send(call));
    };

    test.each([
      ['bytes', () => Buffer.from('a line of text')],
      ['a stream', () => Readable.from([Buffer.from('a line '), Buffer.from('of text')])],
    ])('bytes are stored under their digest: %s', async (_what, source) => {
      const sha256 = createHash('sha256').update('a line of text').digest('hex');
      const got = JSON.stringify({ ref: `content://${sha256}`, sha256, sizeBytes: 14 });
      expect(await written((context) => context.content.write(source()))).toEqual({ got });
      expect(Buffer.from(bench.harness.dataPlane.stored(sha256) ?? []).toString()).toBe('a line of text');
    });

    test('a stream that breaks while it is written is the handler’s own error', async () => {
      const broken = () =>
        Readable.from(
          (async function* () {
            yield Buffer.from('half');
            throw new RangeError('the source broke');
          })(),
        );
      expect(await written((context) => context.content.write(broken()))).toBe('handler_failed retryable');
    });
  });
}
