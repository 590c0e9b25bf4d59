import { describe, expect, it } from '@jest/globals';
import { awaitsApproval } from './approval.js';
import type { SignalCommand } from './commands.js';
import { effects } from './effects.js';
import { evolve } from './evolve.js';
import { judgeSignal } from './judge-signal.js';
import { callTermsOf } from './plan-of.js';
import type { StepState } from './state.js';
import { acceptCommand, chainOf, History, needingApproval, signal, succeeded } from './testing/index.js';
import { NOW_MS } from './testing/sample-commands.js';

const ACCEPTED = ['intent.received', 'policy.decided', 'capability.resolved', 'intent.accepted', 'execution.started'];

const from = (userId: string, sent: SignalCommand): SignalCommand => ({ ...sent, actor: `user:${userId}` });
const approve = from('olga', signal('approve', { waitId: 'start' }));
const deny = from('olga', signal('deny', { waitId: 'start', note: 'not this quarter' }));

describe('an intent that needs an approval', () => {
  it('is accepted, and nothing of it starts', () => {
    const history = new History();
    expect(history.perform(needingApproval())).toEqual(ACCEPTED);
    expect(history.state).toMatchObject({ status: 'waiting', approval: 'awaited', steps: {} });
    expect(effects(history.state)).toEqual([]);
  });

  it('starts in the entry of the approval, which stops its timer, and ends as any other', () => {
    const history = History.of(needingApproval(60));
    expect(Object.values(history.state.timers)).toEqual([new Date(NOW_MS + 60_000).toISOString()]);
    expect(history.perform(approve)).toEqual(['signal.decided', 'signal.applied', 'timer.cancelled', 'step.started']);
    expect(history.state).toMatchObject({ status: 'running', approval: 'given', timers: {} });
    history.perform(succeeded(1));
    expect(history.state.status).toBe('completed');
  });

  it('ends cancelled when it is denied, and says why', () => {
    const history = History.of(needingApproval(60));
    expect(history.perform(deny)).toEqual([
      'signal.decided',
      'signal.applied',
      'execution.compensating',
      'timer.cancelled',
      'execution.cancelled',
    ]);
    expect(history.state).toMatchObject({
      status: 'cancelled',
      error: { code: 'approval_denied', message: 'not this quarter' },
    });
    expect(awaitsApproval(history.state)).toBe(false);
  });

  it('ends cancelled when nobody answers in time', () => {
    const history = History.of(needingApproval(60));
    const types = history.perform({ kind: 'timer_fired', timerId: 'approval/start', nowMs: NOW_MS + 60_000 });
    expect(types).toEqual(['timer.fired', 'execution.compensating', 'execution.cancelled']);
    expect(history.state).toMatchObject({ status: 'cancelled', error: { code: 'approval_timed_out' } });
  });

  it('can be cancelled and stopped while it waits', () => {
    for (const type of ['cancel', 'emergency_stop'] as const) {
      const history = History.of(needingApproval(60));
      history.perform(from('olga', { ...signal(type), reason: 'no need' }));
      expect(history.state).toMatchObject({ status: 'cancelled', timers: {} });
    }
  });

  it('waits on when it is paused and resumed', () => {
    const history = History.of(needingApproval(), signal('pause'));
    expect(history.state.status).toBe('paused');
    expect(history.perform(signal('resume'))).not.toContain('step.started');
    expect(history.state.status).toBe('waiting');
    expect(history.perform(approve)).toContain('step.started');
  });

  it('keeps the journal of a saga as code clear of its own approval', () => {
    const history = History.of(needingApproval(null, { durable: true }), approve);
    expect(history.state).toMatchObject({ status: 'running', durable: { unheard: [] } });
  });
});

describe('who may answer', () => {
  const { state } = History.of(needingApproval());
  const submitter = state.intent?.userId as string;
  it.each([approve, deny])('is anybody but who submitted it', (answer) => {
    expect(judgeSignal(state, answer)).toBeNull();
    expect(judgeSignal(state, from(submitter, answer))?.code).toBe('approval_of_own_intent');
  });

  it('is nobody once it was answered, or for another wait', () => {
    expect(judgeSignal(History.of(needingApproval(), approve).state, deny)?.code).toBe('approval_not_open');
    expect(judgeSignal(state, from('olga', signal('approve', { waitId: 'w' })))?.code).toBe('approval_not_open');
    expect(judgeSignal(History.of(acceptCommand()).state, approve)?.code).toBe('approval_not_open');
  });
});

describe('a payload that is changed while its approval is awaited', () => {
  const changed = (...actors: readonly string[]): History =>
    History.of(
      needingApproval(60),
      ...actors.map((userId, n) => from(userId, signal('update_params', { params: { n } }))),
    );
  const answerTo = (waitId: string, userId = 'olga') => from(userId, signal('approve', { waitId }));

  it('is approved by an answer that is about it, not by one about the payload before', () => {
    const { state } = changed('ada', 'bob');
    for (const waitId of ['start', 'start.2', 'start.4'])
      expect(judgeSignal(state, answerTo(waitId))).toMatchObject({
        code: 'approval_not_open',
        detail: expect.stringContaining('start.3 is awaited'),
      });
    expect(judgeSignal(state, answerTo('start.3'))).toBeNull();
    const history = changed('ada', 'bob');
    expect(history.perform(answerTo('start.3'))).toContain('step.started');
    expect(callTermsOf(history.state, history.state.steps.get('main') as StepState, 'forward')).toMatchObject({
      intent: { payload: { n: 1 } },
    });
  });

  it('is denied in the same way', () => {
    const history = changed('ada');
    expect(judgeSignal(history.state, deny)?.code).toBe('approval_not_open');
    history.perform(from('olga', signal('deny', { waitId: 'start.2' })));
    expect(history.state).toMatchObject({ status: 'cancelled', error: { code: 'approval_denied' } });
  });

  it('is not approved by who changed it', () => {
    for (const userId of ['ada', 'bob'])
      expect(judgeSignal(changed('ada', 'bob').state, answerTo('start.3', userId))?.code).toBe(
        'approval_of_own_intent',
      );
  });

  it('was started by an answer about the payload before, in logs from when there was one name', () => {
    const history = changed('ada');
    expect(history.perform(approve)).toContain('step.started');
    expect(history.state).toMatchObject({ approval: 'given', status: 'running' });
  });
});

describe('what an approval covers', () => {
  const awaiting = () => needingApproval(null, { plan: chainOf('a', 'b') });
  const changes = [
    ['inject_override', { stepId: 'a', override: { n: 1 } }],
    ['skip_step', { stepId: 'a' }],
  ] as const;

  it.each(changes)('is not changed behind it: %s', (signalType, payload) => {
    const change = from('ada', signal(signalType, payload));
    for (const history of [History.of(awaiting()), History.of(awaiting(), signal('pause'))])
      expect(judgeSignal(history.state, change)).toMatchObject({
        code: 'signal_not_applicable',
        detail: expect.stringContaining('use update_params'),
      });
  });

  it('was changed in logs from before that was refused: they fold as they did', () => {
    const history = History.of(awaiting(), from('ada', signal(...changes[0])), approve);
    expect(callTermsOf(history.state, history.state.steps.get('a') as StepState, 'forward')).toMatchObject({
      intent: { payload: { n: 1 } },
    });
  });
});

describe('a log that was made up', () => {
  const waiting = () => History.of(needingApproval());
  const stepOf = (history: History) => history.records.find(({ type }) => type === 'step.started') as never;

  it('may not start before the approval', () => {
    const { state } = waiting();
    const started = { ...(stepOf(History.of(acceptCommand())) as object), seq: state.lastSeq + 1 } as never;
    expect(() => evolve(state, started)).toThrow(/nobody has approved/);
  });

  it('may not be approved by who submitted it', () => {
    const history = waiting();
    const forged = from(history.state.intent?.userId as string, approve);
    expect(() => history.perform(forged)).toThrow(/approved by who submitted it/);
  });
});
