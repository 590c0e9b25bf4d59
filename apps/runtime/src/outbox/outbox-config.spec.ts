import { KafkaEventSink, RedisEventSink } from '@intendant/outbox';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { OutboxVariables, openSink, outboxRules, outboxVariablesOf } from './outbox-config.js';

const Env = z.object({ INTENDANT_MODE: z.string().default('lab'), ...OutboxVariables });
const problems = (variables: Record<string, string>): string[] => outboxRules(Env.parse(variables));

describe('configuration of the outbox', () => {
  it('publishes nowhere unless told', () => {
    expect(Env.parse({}).INTENDANT_OUTBOX).toBe('none');
    expect(problems({})).toEqual([]);
  });

  it.each([
    ['kafka', 'INTENDANT_OUTBOX_KAFKA_BROKERS', 'one:9092,two:9092', 'INTENDANT_OUTBOX_KAFKA_TLS'],
    ['redis', 'INTENDANT_OUTBOX_REDIS_URL', 'redis://one:6379', 'INTENDANT_OUTBOX_REDIS_URL'],
  ])('%s must be named, and be encrypted in production', (kind, variable, value, encrypting) => {
    expect(problems({ INTENDANT_OUTBOX: kind })).toEqual([expect.stringContaining(variable)]);
    const named = { INTENDANT_OUTBOX: kind, [variable]: value };
    expect(problems(named)).toEqual([]);
    const production = { ...named, INTENDANT_MODE: 'production' };
    expect(problems(production)).toEqual([expect.stringContaining(encrypting)]);
    expect(
      problems({ ...production, [encrypting]: encrypting === variable ? value.replace('redis:', 'rediss:') : '1' }),
    ).toEqual([]);
  });

  it('survives the way into the process that publishes', async () => {
    const env = Env.parse({
      INTENDANT_OUTBOX: 'redis',
      INTENDANT_OUTBOX_REDIS_URL: 'redis://one:6379',
      INTENDANT_OUTBOX_ATTEMPTS_MAX: '9',
    });
    const { sink, attemptsMax } = openSink(outboxVariablesOf(env));
    expect([sink, attemptsMax]).toEqual([expect.any(RedisEventSink), 9]);
    const other = Env.parse({ INTENDANT_OUTBOX: 'kafka', INTENDANT_OUTBOX_KAFKA_BROKERS: 'one:9092' });
    expect(openSink(outboxVariablesOf(other)).sink).toBeInstanceOf(KafkaEventSink);
  });
});
