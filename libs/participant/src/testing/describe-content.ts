import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Artifact, CallOutcome, ContentDescriptor, ParticipantCall } from '@intendant/intent-model';
import { describe, expect, test } from '@jest/globals';
import type { HandlerContext } from '../participant.js';
import type { ProtocolBench } from './protocol-port.js';
import { gate, resultOf } from './scripted-participant.js';

const textOf = async (stream: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

/** Content, state and references: what a handler may reach, and that it may reach nothing else. */
export function describeContent({ participant, harness }: ProtocolBench): void {
  const stored = (text: string): ContentDescriptor => {
    const bytes = Buffer.from(text);
    const sha256 = harness().dataPlane.put(bytes);
    return { ref: `content://${sha256}`, sha256, sizeBytes: bytes.byteLength };
  };
  const artifactWith = (content: ContentDescriptor): Artifact => ({
    artifactId: 'file_1',
    resultType: 'file',
    semanticPayload: {},
    renderings: [{ mediaType: 'text/plain', content }],
    parents: [],
  });
  /** Runs `act` as the handler and tells what it returned, or the code it failed with. */
  const handled = async (
    references: ParticipantCall['references'],
    act: (context: HandlerContext) => Promise<string>,
  ) => {
    const { call } = participant.script(async (_intent, context) => resultOf({ got: await act(context) }));
    const { url, grant } = harness().dataPlane;
    return gotOf(await harness().transport.call({ ...call, references, dataPlane: { url, grant } }));
  };

  describe('content', () => {
    test('an allowed reference is read, named by itself or as a rendering of an artifact', async () => {
      const content = stored('permit PER-2024-001234');
      const direct = [{ reference: content.ref, content, artifact: null }];
      expect(await handled(direct, async (context) => textOf(await context.content.read(content.ref)))).toBe(
        'permit PER-2024-001234',
      );
      const artifact = artifactWith(content);
      const behind = [{ reference: 'file_1', content: null, artifact }];
      const got = await handled(behind, async (context) => {
        expect(context.references.artifact('file_1')).toEqual(artifact);
        return textOf(await context.content.read(context.references.content('file_1').ref));
      });
      expect(got).toBe('permit PER-2024-001234');
    });

    test('what the decision did not allow is not read, not even asked for', async () => {
      const content = stored('of another user');
      const refused = 'reference_not_allowed final';
      expect(await handled([], async (context) => textOf(await context.content.read(content.ref)))).toBe(refused);
      expect(await handled([], async (context) => context.references.content(content.ref).ref)).toBe(refused);
      expect(await handled([], async (context) => context.references.artifact('file_1').artifactId)).toBe(refused);
    });

    test('bytes that do not have their digest are not passed off as content', async () => {
      const content = stored('the true bytes');
      harness().dataPlane.corrupt(content.sha256);
      const references = [{ reference: content.ref, content, artifact: null }];
      expect(await handled(references, async (context) => textOf(await context.content.read(content.ref)))).toBe(
        'content_corrupt final',
      );
    });

    test('content that is gone is a final failure', async () => {
      const sha256 = 'a'.repeat(64);
      const content = { ref: `content://${sha256}`, sha256, sizeBytes: 1 };
      const references = [{ reference: content.ref, content, artifact: null }];
      expect(await handled(references, async (context) => textOf(await context.content.read(content.ref)))).toBe(
        'content_not_found final',
      );
    });

    test.each([
      ['a text', () => 'a line of text'],
      ['bytes', () => Buffer.from('a line of text')],
      ['a stream', () => Readable.from([Buffer.from('a line '), Buffer.from('of text')])],
      ['nothing', () => ''],
    ])('bytes are stored under their digest: %s', async (_what, source) => {
      const whole = source() === '' ? '' : 'a line of text';
      const sha256 = createHash('sha256').update(whole).digest('hex');
      const got = await handled([], async (context) => JSON.stringify(await context.content.write(source())));
      expect(JSON.parse(got)).toEqual({ ref: `content://${sha256}`, sha256, sizeBytes: whole.length });
      expect(Buffer.from(harness().dataPlane.stored(sha256) ?? []).toString()).toBe(whole);
    });

    test('a stream that breaks while it is written is the handler’s own error', async () => {
      const broken = () =>
        Readable.from(
          (async function* () {
            yield Buffer.from('half');
            throw new RangeError('the source broke');
          })(),
        );
      expect(await handled([], async (context) => (await context.content.write(broken())).ref)).toBe(
        'handler_failed retryable',
      );
    });

    test('state is read by scope and key; an unknown key is null', async () => {
      harness().dataPlane.setState('session', 'wave/1:status', { open: true });
      const got = await handled([], async (context) =>
        JSON.stringify([
          await context.state.get('session', 'wave/1:status'),
          await context.state.get('execution', 'wave/1:status'),
        ]),
      );
      expect(JSON.parse(got)).toEqual([{ open: true }, null]);
    });

    test('a data plane that is not there is a retryable failure', async () => {
      const { call } = participant.script(async (_intent, context) =>
        resultOf({ got: String(await context.state.get('session', 'a')) }),
      );
      const outcome = await harness().transport.call({
        ...call,
        dataPlane: { url: 'https://127.0.0.1:9', grant: 'g' },
      });
      expect(gotOf(outcome)).toBe('data_plane_unreachable retryable');
    });

    test('a grant is never sent in the clear', async () => {
      const { call } = participant.script(async (_intent, context) =>
        resultOf({ got: String(await context.state.get('session', 'a')) }),
      );
      const outcome = await harness().transport.call({ ...call, dataPlane: { url: 'http://127.0.0.1:9', grant: 'g' } });
      expect(gotOf(outcome)).toBe('data_plane_refused final');
    });

    test('a newer call hands its grant to the handler that is at work', async () => {
      const content = stored('read with the newer grant');
      const references = [{ reference: content.ref, content, artifact: null }];
      const started = gate();
      const goOn = gate();
      const { call } = participant.script(async (_intent, context) => {
        started.open();
        await goOn.opened;
        return resultOf({ got: await textOf(await context.content.read(content.ref)) });
      });
      const { url, grant } = harness().dataPlane;
      const older = harness().transport.call({ ...call, references, dataPlane: { url, grant: 'revoked' } });
      await started.opened;
      const newer = harness().transport.call({
        ...call,
        references,
        dataPlane: { url, grant },
        callToken: { epoch: 1, n: 2 },
      });
      expect(gotOf(await older)).toBe('attempt_superseded');
      goOn.open();
      expect(gotOf(await newer)).toBe('read with the newer grant');
    });

    test('a grant that is not accepted is a retryable failure: the next call brings another', async () => {
      const { call } = participant.script(async (_intent, context) =>
        resultOf({ got: String(await context.state.get('session', 'a')) }),
      );
      const { url } = harness().dataPlane;
      expect(gotOf(await harness().transport.call({ ...call, dataPlane: { url, grant: 'forged' } }))).toBe(
        'unauthenticated retryable',
      );
    });
  });
}

function gotOf(outcome: CallOutcome): string {
  if (outcome.status === 'attempt_superseded' || outcome.status === 'suspended') return outcome.status;
  if (outcome.status === 'failed') return `${outcome.error.code} ${outcome.error.retryable ? 'retryable' : 'final'}`;
  const got = outcome.result.events[0]?.data.got;
  return typeof got === 'string' ? got : JSON.stringify(got);
}
