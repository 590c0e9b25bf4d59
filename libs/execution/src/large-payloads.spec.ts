import type { ParticipantResult } from '@intendant/intent-model';
import { canonicalJson, sha256Hex } from '@intendant/kernel';
import { sampleArtifact } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { INLINE_CHARS_MAX, withoutLargePayloads } from './large-payloads.js';
import { acceptCommand, acceptPlan, done, History, planStep, sampleResult, succeeded } from './testing/index.js';

const LARGE = { rows: 'x'.repeat(INLINE_CHARS_MAX) };
const resultWith = (semanticPayload: ParticipantResult['artifacts'][number]['semanticPayload']): ParticipantResult => ({
  ...sampleResult(),
  artifacts: [{ ...sampleArtifact('table_1'), semanticPayload }, sampleArtifact('note_1')],
});

describe('a payload that is too large for the log', () => {
  const { state } = History.of(acceptCommand());
  const { result, moved } = withoutLargePayloads(state, 'main', resultWith(LARGE));

  it('is content, and the artifact refers to it', () => {
    const bytes = Buffer.from(canonicalJson(LARGE));
    const sha256 = sha256Hex(bytes);
    const content = { ref: `content://${sha256}`, sha256, sizeBytes: bytes.length };
    expect(moved).toEqual([{ content, bytes }]);
    expect(result.artifacts).toEqual([
      { ...sampleArtifact('table_1'), semanticPayload: {}, semanticContent: content },
      sampleArtifact('note_1'),
    ]);
  });

  it('is registered as the user’s, made from its artifact, and nothing of it is in the entry', () => {
    const history = History.of(acceptCommand());
    history.perform(succeeded(1, result));
    const registered = history.records.filter((record) => record.type === 'data.registered').map(({ data }) => data);
    expect(registered).toContainEqual(
      expect.objectContaining({ reference: moved[0]?.content.ref, resourceClass: 'content', sources: ['table_1'] }),
    );
    expect(history.entries.at(-1)?.body.length).toBeLessThan(10_000);
  });

  it('is one of more than the bound: at the bound it stays', () => {
    const atBound = { rows: 'x'.repeat(INLINE_CHARS_MAX - '{"rows":""}'.length) };
    const small = resultWith(atBound);
    expect(withoutLargePayloads(state, 'main', small)).toEqual({ result: small, moved: [] });
  });

  it('stays when an input of the plan is made of it, and moves when none is', () => {
    const named = { input: { rows: { $from: '/steps/a/artifacts/0/semanticPayload/rows' } } };
    const steps = [planStep('a'), planStep('b', ['a'], named)];
    const saga = History.of(acceptPlan({ concurrencyMax: 1, steps }), done('a')).state;
    expect(withoutLargePayloads(saga, 'a', resultWith(LARGE)).moved).toEqual([]);
    expect(withoutLargePayloads(saga, 'b', resultWith(LARGE)).moved).toHaveLength(1);
  });

  it('stays when a parent is told the result', () => {
    const command = acceptCommand();
    const metadata = { ...command.intent.metadata, parentExecutionId: `exe_${'1'.repeat(32)}` };
    const child = History.of({ ...command, intent: { ...command.intent, metadata } }).state;
    expect(withoutLargePayloads(child, 'main', resultWith(LARGE)).moved).toEqual([]);
  });
});
