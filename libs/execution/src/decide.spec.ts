import { digestOf } from '@intendant/kernel';
import { judgeRetry } from '@intendant/saga';
import { type LogRecord, recordProblem } from '@intendant/wal';
import { SAMPLE_IDS, sampleArtifact, sampleDecision, sampleError, sampleIntent } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { NotAcceptable } from './accept.js';
import { decide } from './decide.js';
import { effects } from './effects.js';
import { stepKey } from './plan-of.js';
import { noExecution } from './state.js';
import { acceptCommand, failed, fired, History, sampleResult, succeeded, superseded } from './testing/index.js';

const ACCEPTED = [
  'intent.received',
  'policy.decided',
  'capability.resolved',
  'intent.accepted',
  'execution.started',
  'step.started',
];
const RETRY = ['step.failed', 'step.retry_scheduled', 'timer.set'];
const lastOf = <T extends LogRecord['type']>(history: History, type: T) =>
  history.records.filter((record): record is Extract<LogRecord, { type: T }> => record.type === type).at(-1);

describe('an intent that is allowed', () => {
  it('is accepted in one batch that starts its step', () => {
    const history = new History();
    expect(history.perform(acceptCommand())).toEqual(ACCEPTED);
    expect(history.state.status).toBe('running');
    expect(history.state.steps.get('main')).toMatchObject({ status: 'started', attempt: 1 });
    expect(history.records.map((record) => record.causationSeq)).toEqual([null, 1, 2, 3, 4, 5]);
    expect(history.records.map(recordProblem)).toEqual(ACCEPTED.map(() => null));
    expect(effects(history.state)).toEqual([
      { kind: 'call', step: history.state.steps.get('main'), direction: 'forward' },
    ]);
  });

  it('is accepted once', () => {
    expect(History.of(acceptCommand()).perform(acceptCommand())).toEqual([]);
  });

  it.each<[string, Parameters<typeof acceptCommand>[1], RegExp]>([
    ['it is denied', { decision: { ...sampleDecision(), effect: 'deny' } }, /decision is deny/],
    [
      'an approval would have no obligations',
      { decision: { ...sampleDecision(), effect: 'require_approval', obligations: null } },
      /require_approval/,
    ],
    ['policy judged another input', { decision: sampleDecision(sampleIntent({ other: 1 })) }, /another input/],
    ['policy judged for another tenant', { decision: { ...sampleDecision(), tenantId: 'globex' } }, /tenants/],
    ['the intent is of another tenant', { intent: { ...sampleIntent(), tenantId: 'globex' } }, /tenants/],
    ['nothing answers it', { capabilities: [] }, /no capability/],
  ])('records nothing when %s', (_name, change, obstacle) => {
    const run = () => decide(noExecution(SAMPLE_IDS.executionId), acceptCommand({}, change));
    expect(run).toThrow(NotAcceptable);
    expect(run).toThrow(obstacle);
  });
});

describe('a step that succeeds', () => {
  it('records the whole result and completes the execution', () => {
    const history = History.of(acceptCommand());
    expect(history.perform(succeeded(1))).toEqual([
      'step.succeeded',
      'artifact.recorded',
      'data.registered',
      'data.registered',
      'artifact.recorded',
      'state.changed',
      'event.emitted',
      'execution.completed',
    ]);
    const { state } = history;
    expect(state).toMatchObject({ status: 'completed', error: null });
    expect(state.steps.get('main')?.status).toBe('succeeded');
    expect(state.artifacts.map(({ artifact, disposition }) => [artifact.artifactId, disposition])).toEqual([
      ['table_1', 'persist'],
      ['note_1', 'discard'],
    ]);
    expect(state.events).toEqual([{ ...sampleResult().events[0], eventId: `${SAMPLE_IDS.executionId}/main/0` }]);
    expect(state.stateChanges).toEqual(sampleResult().stateChanges);
    expect(lastOf(history, 'execution.completed')?.data.resultDigest).toBe(digestOf(sampleResult()));
    expect(effects(state)).toEqual([]);
  });

  it('registers artifacts and their contents for the user who asked, but not what policy discards', () => {
    const history = History.of(acceptCommand(), succeeded(1));
    const registered = history.records.flatMap((record) => (record.type === 'data.registered' ? [record] : []));
    const content = sampleResult().artifacts[0]?.renderings[0]?.content;
    expect(registered.map((record) => record.data)).toEqual([
      { content, ownerUserId: 'ada', reference: 'table_1', resourceClass: 'table', sources: ['file_1'] },
      { content, ownerUserId: 'ada', reference: content?.ref, resourceClass: 'content', sources: ['table_1'] },
    ]);
    expect(registered.map((record) => record.causationSeq)).toEqual([8, 8]);
  });

  it('keeps what policy would have cached like what it persists, and records which of the two it was', () => {
    const decision = sampleDecision();
    const artifactPersistence = { default: 'cache' as const, byResultType: { table: 'persist' as const } };
    const obligations = { ...(decision.obligations as NonNullable<typeof decision.obligations>), artifactPersistence };
    const command = { ...acceptCommand(), decision: { ...decision, obligations } };
    const { records } = History.of(command, succeeded(1));
    const dispositions = records.flatMap((record) =>
      record.type === 'artifact.recorded' ? [record.data.disposition] : [],
    );
    expect(dispositions).toEqual(['persist', 'cache']);
    const registered = records.flatMap((record) => (record.type === 'data.registered' ? [record.data.reference] : []));
    expect(registered).toEqual(['table_1', expect.stringMatching(/^content:/), 'note_1']);
  });

  it('takes no disposition from names that every object has', () => {
    const odd = { artifacts: [{ ...sampleArtifact(), resultType: 'constructor' }], events: [], stateChanges: [] };
    const history = History.of(acceptCommand(), succeeded(1, odd));
    expect(lastOf(history, 'artifact.recorded')?.data.disposition).toBe('discard');
    expect(history.records.map(recordProblem).filter((problem) => problem !== null)).toEqual([]);
  });

  it('may produce nothing', () => {
    const nothing = { artifacts: [], events: [], stateChanges: [] };
    expect(History.of(acceptCommand()).perform(succeeded(1, nothing))).toEqual([
      'step.succeeded',
      'execution.completed',
    ]);
  });
});

describe('a step that fails', () => {
  it('waits and tries again under the same key, and may then succeed', () => {
    const history = History.of(acceptCommand());
    expect(history.perform(failed(1))).toEqual(RETRY);
    expect(history.state.status).toBe('waiting');
    expect(history.state.steps.get('main')).toMatchObject({ status: 'awaiting_retry', attempt: 1 });
    const { retry, jitterSeed } = acceptCommand().terms;
    const verdict = judgeRetry(retry, 1, sampleError(), jitterSeed);
    const dueAt = new Date(Date.parse(SAMPLE_IDS.at) + (verdict.permitted ? verdict.waitMs : 0)).toISOString();
    expect(effects(history.state)).toEqual([{ kind: 'timer', timerId: 'retry/main/2', dueAt }]);
    expect(history.perform(fired(2))).toEqual(['timer.fired', 'step.started']);
    expect(history.state).toMatchObject({ status: 'running', timers: {} });
    expect(history.state.steps.get('main')).toMatchObject({ status: 'started', attempt: 2 });
    history.perform(succeeded(2));
    expect(history.state.status).toBe('completed');
    const keys = history.records.flatMap((record) =>
      record.type === 'step.started' ? [record.data.idempotencyKey] : [],
    );
    expect(keys).toEqual([stepKey('acme', SAMPLE_IDS.executionId, 'main', 'forward'), keys[0]]);
  });

  it('fails the execution when all attempts are used', () => {
    const history = History.of(acceptCommand(), failed(1), fired(2), failed(2), fired(3));
    expect(history.perform(failed(3))).toEqual(['step.failed', 'execution.failed']);
    expect(history.state).toMatchObject({ status: 'failed', error: { code: 'upstream_down' }, timers: {} });
    expect(history.state.steps.get('main')).toMatchObject({ definiteFailures: 3, unknownOutcomes: 0 });
    const verdicts = history.records.flatMap(({ type, data }) => (type === 'step.failed' ? [data.finalBecause] : []));
    expect(verdicts).toEqual([undefined, undefined, 'all 3 attempts are used']);
  });

  it.each([
    ['the error is final', failed(1, { retryable: false })],
    ['its code is declared final', failed(1, { code: 'bad_input' })],
  ])('fails the execution at once when %s', (_name, command) => {
    expect(History.of(acceptCommand()).perform(command)).toEqual(['step.failed', 'execution.failed']);
  });
});

describe('an outcome that stays unknown', () => {
  const unknown = (attempt: number) => failed(attempt, { outcome: 'unknown' });

  it.each(['rerun', 'probe'] as const)('is asked for again (%s)', (unknownOutcome) => {
    const history = History.of(acceptCommand({ unknownOutcome }));
    expect(history.perform(unknown(1))).toEqual(RETRY);
    expect(history.state.steps.get('main')).toMatchObject({
      definiteFailures: 0,
      unknownOutcomes: 1,
      errorOutcome: 'unknown',
    });
    history.perform(fired(2));
    history.perform(failed(2));
    expect(history.state.steps.get('main')).toMatchObject({ definiteFailures: 1, unknownOutcomes: 0 });
  });

  it('waits for a person when the capability asks for one', () => {
    const history = History.of(acceptCommand({ unknownOutcome: 'park' }));
    expect(history.perform(unknown(1))).toEqual(['step.failed', 'execution.stuck']);
    expect(history.state).toMatchObject({ status: 'stuck', stuckReason: expect.stringMatching(/attempt 1/) });
  });

  it('of a capability that parks is a plain failure when it is definite', () => {
    expect(History.of(acceptCommand({ unknownOutcome: 'park' })).perform(failed(1))).toEqual(RETRY);
  });

  it.each<['none' | 'idempotent' | 'effectful', string]>([
    ['none', 'execution.failed'],
    ['idempotent', 'execution.stuck'],
    ['effectful', 'execution.stuck'],
  ])('after the last attempt, with side effects %s, ends in %s', (sideEffects, end) => {
    const terms = { sideEffects, retry: { ...acceptCommand().terms.retry, attemptsMax: 1 } };
    expect(History.of(acceptCommand(terms)).perform(unknown(1))).toEqual(['step.failed', end]);
  });
});

describe('what comes too late', () => {
  it('does not count: an outcome of an attempt that has one', () => {
    const history = History.of(acceptCommand(), succeeded(1));
    expect([history.perform(succeeded(1)), history.perform(failed(1))]).toEqual([[], []]);
    const waiting = History.of(acceptCommand(), failed(1));
    expect([waiting.perform(succeeded(1)), waiting.perform(failed(1))]).toEqual([[], []]);
    waiting.perform(fired(2));
    expect([waiting.perform(succeeded(1)), waiting.perform(succeeded(3))]).toEqual([[], []]);
    expect(waiting.perform(succeeded(2))).not.toEqual([]);
  });

  it('does not count: an outcome of a step that nobody started', () => {
    const history = History.of(acceptCommand());
    expect(history.perform({ ...succeeded(1), stepId: 'other' })).toEqual([]);
    expect(history.perform({ ...succeeded(1), stepId: 'constructor' })).toEqual([]);
  });

  it('does not count: a timer that has fired or was never set', () => {
    const history = History.of(acceptCommand(), failed(1), fired(2));
    expect([history.perform(fired(2)), history.perform(fired(3)), history.perform(fired(1))]).toEqual([[], [], []]);
    expect(history.perform({ ...fired(2), timerId: 'toString' })).toEqual([]);
  });

  it('is recorded when it is a superseded call, even after the end, and changes nothing else', () => {
    const history = History.of(acceptCommand(), succeeded(1));
    const before = history.state;
    expect(history.perform(superseded(2))).toEqual(['call.superseded']);
    expect(history.state).toEqual({ ...before, lastSeq: before.lastSeq + 1 });
  });
});
