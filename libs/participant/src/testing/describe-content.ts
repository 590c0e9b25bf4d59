import { createHash } from 'node:crypto';
import type { Artifact, ContentDescriptor, ParticipantCall } from '@intendant/intent-model';
import { describe, expect, test } from '@jest/globals';
import { type Act, behaving } from './behaviour.js';
import { endOf, later, type ProtocolBench, toldBy } from './protocol-port.js';

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Content, state and references: what a handler may reach, and that it may reach nothing else. */
export function describeContent(bench: ProtocolBench): void {
  const stored = (text: string): ContentDescriptor => {
    const bytes = Buffer.from(text);
    const sha256 = bench.harness.dataPlane.put(bytes);
    return { ref: `content://${sha256}`, sha256, sizeBytes: bytes.byteLength };
  };
  const referenceTo = (content: ContentDescriptor) => [{ reference: content.ref, content, artifact: null }];
  /** What a handler with these references tells after these acts, or how it ends. */
  const handled = async (references: ParticipantCall['references'], ...acts: Act[]) =>
    toldBy(await bench.send({ ...behaving(acts), references }));

  describe('content', () => {
    test('an allowed reference is read, named by itself or as a rendering of an artifact', async () => {
      const content = stored('permit PER-2024-001234');
      const artifact: Artifact = {
        artifactId: 'file_1',
        resultType: 'file',
        semanticPayload: {},
        renderings: [{ mediaType: 'text/plain', content }],
        parents: [],
      };
      const told = { run: 1, read: 'permit PER-2024-001234' };
      expect(await handled(referenceTo(content), { do: 'read', reference: content.ref })).toEqual(told);
      const behind = [{ reference: 'file_1', content: null, artifact }];
      expect(await handled(behind, { do: 'read', reference: 'file_1' })).toEqual(told);
    });

    test('what the decision did not allow is not read, not even asked for', async () => {
      const content = stored('of another user');
      const refused = 'reference_not_allowed final';
      expect(await handled([], { do: 'read', reference: content.ref })).toBe(refused);
      expect(await handled([], { do: 'read', reference: 'file_1' })).toBe(refused);
    });

    test('bytes that do not have their digest are not passed off as content', async () => {
      const content = stored('the true bytes');
      bench.harness.dataPlane.corrupt(content.sha256);
      const read = await handled(referenceTo(content), { do: 'read', reference: content.ref });
      expect(read).toBe('content_corrupt final');
    });

    test('content that is gone is a final failure', async () => {
      const sha256 = 'a'.repeat(64);
      const gone = referenceTo({ ref: `content://${sha256}`, sha256, sizeBytes: 1 });
      expect(await handled(gone, { do: 'read', reference: `content://${sha256}` })).toBe('content_not_found final');
    });

    test.each(['a line of text', ''])('bytes are stored under their digest: "%s"', async (text) => {
      const sha256 = sha256Of(text);
      const written = { ref: `content://${sha256}`, sha256, sizeBytes: text.length };
      expect(await handled([], { do: 'write', text })).toEqual({ run: 1, written });
      expect(Buffer.from(bench.harness.dataPlane.stored(sha256) ?? []).toString()).toBe(text);
    });

    test('state is read by scope and key; an unknown key is null', async () => {
      const key = 'wave/1:status';
      bench.harness.dataPlane.setState('session', key, { open: true });
      const told = await handled([], { do: 'state', scope: 'session', key }, { do: 'state', scope: 'execution', key });
      expect(told).toEqual({ run: 1, [`session/${key}`]: { open: true }, [`execution/${key}`]: null });
    });

    const readingState = (): ParticipantCall => behaving([{ do: 'state', scope: 'session', key: 'a' }]);

    test.each([
      ['not there', 'https://127.0.0.1:9', 'data_plane_unreachable retryable'],
      ['not HTTPS, which would send the grant in the clear', 'http://127.0.0.1:9', 'data_plane_refused final'],
    ])('a data plane that is %s', async (_what, url, end) => {
      expect(endOf(await bench.send({ ...readingState(), dataPlane: { url, grant: 'g' } }))).toBe(end);
    });

    test('a grant that is not accepted is a retryable failure: the next call brings another', async () => {
      const { url } = bench.harness.dataPlane;
      const outcome = await bench.send({ ...readingState(), dataPlane: { url, grant: 'forged' } });
      expect(endOf(outcome)).toBe('unauthenticated retryable');
    });

    test('a newer call hands its grant to the handler that is at work', async () => {
      const hold = bench.hold();
      const call = behaving([hold.act, { do: 'state', scope: 'session', key: 'b' }]);
      const { url, grant } = bench.harness.dataPlane;
      const older = bench.send({ ...call, dataPlane: { url, grant } });
      await hold.arrived;
      // the one it has is taken back: only with the newer one can it go on
      const newer = bench.send({ ...later(call, 2), dataPlane: { url, grant: `${grant}/newer` } });
      expect(endOf(await older)).toBe('attempt_superseded');
      bench.harness.dataPlane.onlyGrant(`${grant}/newer`);
      hold.open();
      expect(toldBy(await newer)).toEqual({ run: 1, 'session/b': null });
      bench.harness.dataPlane.onlyGrant(grant);
    });
  });
}
