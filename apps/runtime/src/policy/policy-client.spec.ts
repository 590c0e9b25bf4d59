import 'reflect-metadata';
import { FailureError, type PolicyDecision, type PolicyQuestion, RpcPattern } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { createLogger, RpcClient, type RpcServer, startRpcServer } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { allowed } from '../../test/small-runtime.js';
import { PolicyClient } from './policy-client.js';

const logger = createLogger('spec', 'fatal');
const DEADLINE_MS = 10_000;

type Reply = (questions: readonly PolicyQuestion[]) => unknown;
const soundly: Reply = (questions) => ({ decisions: questions.map(allowed) });

/** How Smart City answers in the current test, and how many questions each message held. */
let reply: Reply = soundly;
let batches: number[] = [];

@Controller()
class SmartCity {
  @MessagePattern(RpcPattern.decide)
  decide(@Payload() { questions }: { questions: PolicyQuestion[] }): unknown {
    batches.push(questions.length);
    return reply(questions);
  }
}

@Module({ controllers: [SmartCity] })
class SmartCityModule {}

let authority: TestAuthority;
let server: RpcServer;
let rpc: RpcClient;
let policy: PolicyClient;

beforeAll(async () => {
  authority = await TestAuthority.create();
  const tls = await authority.issue('smart-city');
  server = await startRpcServer(SmartCityModule, { host: '127.0.0.1', port: 0, tls, logger });
});
beforeEach(async () => {
  const target = { host: '127.0.0.1', port: server.port, service: 'smart-city' };
  rpc = new RpcClient(target, await authority.issue('runtime'), logger);
  policy = new PolicyClient(rpc, DEADLINE_MS);
  reply = soundly;
  batches = [];
});
afterEach(() => rpc.close());
afterAll(async () => server.close());

const question = (n = 1): PolicyQuestion => ({
  decisionId: `dec_${n.toString(16).padStart(32, '0')}`,
  principal: { tenantId: 't_one', userId: 'ada', roles: ['analyst'], mode: 'standard' },
  action: 'content.parse',
  realm: 'content',
  solutionId: null,
  inputDigest: digestOf(n),
  session: null,
  sessionRequired: false,
  references: [],
  boundary: { phase: 'none' },
  requestedExecutionMs: 1_000,
});
const questions = (count: number): PolicyQuestion[] => Array.from({ length: count }, (_, n) => question(n));
const decided =
  (changes: object): Reply =>
  ([asked]) => ({
    decisions: [{ ...allowed(asked as PolicyQuestion), ...changes }],
  });
const without =
  (name: keyof PolicyDecision): Reply =>
  ([asked]) => {
    const { [name]: _missing, ...rest } = allowed(asked as PolicyQuestion);
    return { decisions: [rest] };
  };

/** The failure that a question ends in. */
async function failureOf(asked: Promise<PolicyDecision>): Promise<object> {
  const error: unknown = await asked.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FailureError)) throw new Error(`expected a failure, got ${String(error)}`);
  return error.failure;
}
const unavailable = (detail = expect.any(String) as unknown) => ({
  code: 'policy_unavailable',
  detail,
  remedy: expect.stringContaining('same idempotency key'),
  retryAfterMs: 1_000,
});

describe('an answer that counts', () => {
  it('is the decision as Smart City made it', async () => {
    expect(await policy.decide(question())).toMatchObject({ decisionId: question().decisionId, effect: 'allow' });
  });

  it('may be deny, which needs no obligations', async () => {
    const no = { effect: 'deny', obligations: null, code: 'action_not_permitted', reason: 'no', remedy: 'ask' };
    reply = decided(no);
    expect(await policy.decide(question())).toMatchObject(no);
  });
});

describe('an answer that does not count', () => {
  it.each<[string, Reply, unknown]>([
    ['without a policy revision', without('policyRevision'), 'the decision is malformed'],
    ['without steps', without('steps'), 'the decision is malformed'],
    ['of an effect there is not', decided({ effect: 'maybe' }), 'the decision is malformed'],
    ['with half of the obligations', decided({ obligations: { executionMsMax: 1 } }), 'the decision is malformed'],
    ['that is no object', () => ({ decisions: ['allow'] }), 'the decision is malformed'],
    ['that is missing', () => ({ decisions: [] }), 'the decision is malformed'],
    ['without decisions', () => ({}), 'the decision is malformed'],
    ['that is nothing', () => null, 'the decision is malformed'],
    ['to another question', decided({ decisionId: question(2).decisionId }), 'the decision answers another question'],
    ['for another tenant', decided({ tenantId: 't_two' }), 'the decision is for another tenant'],
    ['about another input', decided({ inputDigest: digestOf(2) }), 'the decision judged another input'],
    ['that allows without obligations', decided({ obligations: null }), 'the decision allows without obligations'],
    [
      'that asks for an approval without obligations',
      decided({ effect: 'require_approval', obligations: null }),
      'the decision allows without obligations',
    ],
    [
      'that is a refusal to answer',
      () => {
        throw new RpcException({ code: 'action_not_permitted', detail: 'no' });
      },
      'Smart City could not answer',
    ],
    [
      'that is a defect',
      () => {
        throw new Error('broken');
      },
      expect.any(String),
    ],
  ])('%s', async (_name, answer, detail) => {
    reply = answer;
    expect(await failureOf(policy.decide(question()))).toEqual(unavailable(detail));
  });

  it('one that does not come in time', async () => {
    reply = () => new Promise(() => undefined);
    policy = new PolicyClient(rpc, 50);
    expect(await failureOf(policy.decide(question()))).toEqual(unavailable(expect.stringContaining('in 50 ms')));
    reply = soundly;
    policy = new PolicyClient(rpc, DEADLINE_MS);
    expect(await policy.decide(question())).toMatchObject({ effect: 'allow' });
  });

  it('one that nobody is there to give', async () => {
    rpc.close();
    expect(await failureOf(policy.decide(question()))).toEqual(unavailable());
  });

  it('one of another service', async () => {
    const target = { host: '127.0.0.1', port: server.port, service: 'curator' };
    const other = new RpcClient(target, await authority.issue('runtime'), logger);
    expect(await failureOf(new PolicyClient(other, DEADLINE_MS).decide(question()))).toEqual(unavailable());
    other.close();
    expect(batches).toEqual([]);
  });
});

describe('questions of one turn', () => {
  it('travel 64 in a message, and each gets its own answer', async () => {
    const asked = questions(150);
    const answers = await Promise.all(asked.map((one) => policy.decide(one)));
    expect(answers.map(({ decisionId }) => decisionId)).toEqual(asked.map(({ decisionId }) => decisionId));
    expect(batches.sort((a, b) => a - b)).toEqual([22, 64, 64]);
    await policy.decide(question());
    expect(batches).toEqual([22, 64, 64, 1]);
  });

  it('one bad answer does not spoil the others', async () => {
    reply = (batch) => ({
      decisions: batch.map((one, n) => (n === 2 ? { ...allowed(one), tenantId: 't_two' } : allowed(one))),
    });
    const asked = questions(5);
    const answers = await Promise.allSettled(asked.map((one) => policy.decide(one)));
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('answers in another order, or one too few, are no answers', async () => {
    reply = (batch) => ({ decisions: batch.map(allowed).reverse() });
    const swapped = await Promise.allSettled(questions(2).map((one) => policy.decide(one)));
    expect(swapped.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    reply = (batch) => ({ decisions: batch.slice(1).map(allowed) });
    const shifted = await Promise.allSettled(questions(3).map((one) => policy.decide(one)));
    expect(shifted.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('a message that is lost does not spoil the other message', async () => {
    reply = (batch) => (batch.length === 64 ? null : soundly(batch));
    const answers = await Promise.allSettled(questions(70).map((one) => policy.decide(one)));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<string>(64).fill('rejected'),
      ...Array<string>(6).fill('fulfilled'),
    ]);
  });
});
