import { cut, executionId, json, resultReply } from '@intendant/client/testing';
import { describe, expect, it } from '@jest/globals';
import { scriptedCommandLine } from '../test/scripted-command-line.js';

const cli = scriptedCommandLine();
const { run, serve } = cli;

describe('signals', () => {
  const reply = {
    executionId,
    signalId: '0190a5d4-7c7b-7000-8000-000000000001',
    decisionId: `dec_${'5'.repeat(32)}`,
    signalType: 'retry_step',
    role: 'engineer',
    appliedSeq: 9,
    status: 'running',
    substatus: null,
    newExecutionId: null,
  };

  it.each([
    [
      ['signal', executionId, 'update_params', '{"params":{"n":1}}', '--reason', 'why'],
      'update_params',
      { params: { n: 1 } },
    ],
    [['pause', executionId], 'pause', {}],
    [['resume', executionId], 'resume', {}],
    [['cancel', executionId, '--reason', 'why'], 'cancel', {}],
    [['claim', executionId], 'claim', {}],
    [['retry', executionId, 'pay'], 'retry_step', { stepId: 'pay' }],
    [['skip', executionId, 'pay'], 'skip_step', { stepId: 'pay' }],
    [['resolve', executionId, 'pay', 'failed'], 'resolve_step', { stepId: 'pay', outcome: 'failed' }],
    [
      ['resolve', executionId, 'x', 'succeeded', '--value', '[7]', '--reason', 'why'],
      'resolve_step',
      { stepId: 'x', outcome: 'succeeded', value: [7] },
    ],
  ])('%j sends %s', async (args, signalType, payload) => {
    serve({ [`POST /v1/executions/${executionId}/signals`]: json(reply) });
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(stdout).toContain('as engineer');
    const sent = JSON.parse(cli.server.asked.at(-1)?.body ?? '');
    expect(sent).toMatchObject({ signalType, payload, signalId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(sent.reason).toBe(args.includes('--reason') ? 'why' : undefined);
  });

  it('can be named', async () => {
    serve({ [`POST /v1/executions/${executionId}/signals`]: json(reply) });
    await run(['pause', executionId, '--id', reply.signalId]);
    expect(JSON.parse(cli.server.asked.at(-1)?.body ?? '').signalId).toBe(reply.signalId);
  });

  it('tell their id when the answer is lost', async () => {
    serve({ [`POST /v1/executions/${executionId}/signals`]: cut });
    const { code, stderr } = await run(['pause', executionId, '--retry-for', '0']);
    expect(stderr).toContain(`add --id ${JSON.parse(cli.server.asked.at(-1)?.body ?? '').signalId}\n`);
    expect(code).toBe(6);
  });
});

describe('sagas', () => {
  const step = (stepId: string, status: string, more: object = {}) => ({
    stepId,
    status,
    attempts: status === 'never_started' ? 0 : 1,
    logicalAttempt: 1,
    deliveryAttempt: 1,
    error: null,
    errorOutcome: null,
    planStepId: stepId,
    intent: `bench.${stepId}`,
    capability: { name: `bench.${stepId}`, version: '1.0.0' },
    dependsOn: [],
    pivot: false,
    endedSeq: null,
    compensation: null,
    ...more,
  });
  const undo = { intent: 'bench.release', capability: { name: 'bench.release', version: '1.0.0' }, attempts: 1 };
  const saga = {
    ...resultReply('stuck'),
    substatus: null,
    health: 'needs_attention',
    recovery: 'compensate',
    concurrencyMax: 1,
    steps: [
      step('reserve', 'succeeded', { compensation: { ...undo, status: 'failed', error: null, errorOutcome: null } }),
      step('pay', 'never_started', { dependsOn: ['reserve'], pivot: true }),
    ],
    unwinding: { target: 'compensated', error: null, stepId: null },
    waits: [],
    children: [
      {
        stepId: 'order',
        executionId: `exe_${'c'.repeat(32)}`,
        intentType: 'shop.order',
        status: 'stuck',
        health: 'needs_attention',
        stuckReason: 'nobody knows',
      },
    ],
    pausedBecause: null,
    stuckReason: 'the undo of reserve failed',
    lastSeq: 12,
  };

  it('are shown as steps and their undo', async () => {
    serve({ [`GET /v1/sagas/${executionId}`]: json(saga) });
    const { code, stdout } = await run(['saga', executionId]);
    expect(code).toBe(0);
    expect(stdout).toContain('stuck      the undo of reserve failed');
    expect(stdout).toMatch(/reserve +bench.reserve +succeeded +1\n +undo +bench.release +failed +1/);
    expect(stdout).toMatch(/pay \(no way back\) +bench.pay +never_started +0 +reserve/);
  });

  it('that need a person are listed with owner and reason', async () => {
    const one = {
      executionId,
      intentType: 'bench.trip',
      status: 'stuck',
      stepId: 'pay',
      reason: 'outcome unknown',
      since: '2026-11-20T10:00:00.000Z',
      submittedBy: 'ann',
      service: 'bench',
      parentExecutionId: null,
      claimedBy: null,
      owner: 'service:bench',
    };
    serve({ 'GET /v1/sagas/stuck': json({ scope: 'tenant', stuck: [one], nextCursor: null }) });
    expect((await run(['stuck'])).stdout).toMatch(/bench.trip +stuck +pay +service:bench +\S+ +outcome unknown/);
    expect((await run(['stuck', '-o', 'ids'])).stdout).toBe(`${executionId}\n`);
  });
});
