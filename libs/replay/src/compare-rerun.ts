import { withoutLargePayloads } from '@intendant/execution';
import type { ReplayAnswer, ReplayedStep } from '@intendant/intent-model';
import { digestOf, type JsonValue } from '@intendant/kernel';
import { firstDifference } from './difference.js';
import type { RecordedEnd, Rerun } from './reruns.js';

const shown = (end: RecordedEnd): string => (end.kind === 'failed' ? `failed with ${end.code}` : end.kind);

const blank = { expectedDigest: null, actualDigest: null, pointer: null, detail: null };

const of = ({ terms, seq }: Rerun) => ({
  stepId: terms.stepId,
  direction: terms.direction,
  capability: `${terms.capability.name}@${terms.capability.version}`,
  seq,
});

/** A handler that was not run again, and why; it is not counted as equal. */
export const notRerun = (rerun: Rerun, detail: string): ReplayedStep => ({
  ...of(rerun),
  ...blank,
  verdict: 'not_rerun',
  detail,
});

/** What a handler did when it ran again, beside what was recorded. */
export function compareRerun(rerun: Rerun, answer: ReplayAnswer): ReplayedStep {
  const { end } = rerun;
  const equal: ReplayedStep = { ...of(rerun), ...blank, verdict: 'equal' };
  const diverged = (detail: string): ReplayedStep => ({ ...equal, verdict: 'diverged', detail });
  switch (answer.status) {
    case 'refused':
      return answer.code === 'live_effect_refused'
        ? diverged(`${answer.code}: ${answer.message}`)
        : notRerun(rerun, `${answer.code}: ${answer.message}`);
    case 'diverged':
      return {
        ...diverged(`expected ${answer.expected}, got ${answer.actual}`),
        seq: (answer.recorded && rerun.seqAt(answer.recorded)) ?? rerun.seq,
      };
    case 'suspended':
      return end.kind === 'suspended' ? equal : diverged(`expected ${shown(end)}, got suspended`);
    case 'failed': {
      const { code } = answer.error;
      const same = end.kind === 'failed' && end.code === code;
      return same ? equal : diverged(`expected ${shown(end)}, got failed with ${code}`);
    }
    case 'succeeded': {
      if (end.kind !== 'succeeded') return diverged(`expected ${shown(end)}, got succeeded`);
      const recorded = withoutLargePayloads(rerun.before, rerun.terms.stepId, answer.result);
      const result = recorded.result as unknown as JsonValue;
      const digests = { expectedDigest: end.digest, actualDigest: digestOf(result) };
      if (digests.actualDigest === end.digest) return { ...equal, ...digests };
      const pointer = end.result === null ? null : firstDifference(end.result as unknown as JsonValue, result);
      return { ...diverged('the result is another one'), ...digests, pointer };
    }
  }
}
