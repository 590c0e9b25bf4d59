import { readFileSync } from 'node:fs';
import { createTestDatabase, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { CloudEvent } from '@intendant/outbox';
import { holdMarks } from '@intendant/outbox/testing';
import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Cluster, type EventRecord, startCluster, type User, until } from './cluster.js';
import { DescribedAnswers } from './described-answers.js';

type StreamEntry = [id: string, fields: string[]];

const STREAM = 'intendant:events';

/** A cluster whose domain events go to a Redis of this suite. */
describeWithRedis('domain events on Redis Streams', () => {
  let redis: RunningRedis;
  let database: TestDatabase;
  let cluster: Cluster;
  let analyst: User;
  let operator: User;
  let sessionId: string;

  beforeAll(async () => {
    redis = await startRedis();
    database = await createTestDatabase('outbox_e2e');
    const env = {
      INTENDANT_OUTBOX: 'redis',
      INTENDANT_OUTBOX_REDIS_URL: redis.url,
      INTENDANT_OUTBOX_EVENT_BYTES_MAX: '1000',
    };
    cluster = await startCluster({ databaseUrl: database.url, env, restart: quickly });
    analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
    operator = await cluster.user('t_showcase', 'operator', 'operator');
    sessionId = await analyst.session();
  });
  afterAll(async () => {
    await cluster.lab.destroy();
    await database.drop();
    await redis.stop();
  });

  const arrivedOf = async (executionId: string): Promise<readonly CloudEvent[]> => {
    const entries = (await redis.command('XRANGE', STREAM, '-', '+')) as StreamEntry[];
    const events = entries.map(([, fields]) => CloudEvent.parse(JSON.parse(fields[fields.indexOf('event') + 1] ?? '')));
    return events.filter(({ executionid }) => executionid === executionId);
  };
  const published = (executionId: string, count = 1): Promise<readonly CloudEvent[]> =>
    until(`${count} arrivals of ${executionId}`, async () => {
      const events = await arrivedOf(executionId);
      return events.length >= count ? events : undefined;
    });
  const upload = async (uiName = 'employees.csv'): Promise<string> => {
    const { ref } = await analyst.stage('employees.csv');
    const payload = { uiName, fileType: 'csv', contentRef: ref };
    const { body } = await analyst.run(sessionId, 'content.upload', payload);
    expect(body.status).toBe('completed');
    return body.executionId;
  };
  const emittedBy = async (executionId: string): Promise<readonly EventRecord[]> =>
    (await analyst.records(executionId)).filter(({ type }) => type === 'event.emitted');
  const outboxPid = (): number => {
    const runtime = cluster.pidOf('runtime');
    const children = readFileSync(`/proc/${runtime}/task/${runtime}/children`, 'utf8').trim().split(' ');
    const found = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('outbox-process'));
    if (found === undefined) throw new Error('the Runtime has no outbox process');
    return Number(found);
  };
  const nothingWaits = (): Promise<true> =>
    until('nothing waits', async () => {
      const isPublishing = (await analyst.metric('intendant_outbox_publishing')) === 1;
      return isPublishing && (await analyst.metric('intendant_outbox_pending')) === 0 ? true : undefined;
    });

  it('an intent’s events arrive as CloudEvents under the ids that the log gives them', async () => {
    const executionId = await upload();
    const [event] = await published(executionId);
    const [record] = await emittedBy(executionId);
    expect(event).toMatchObject({
      id: `${executionId}/${record?.seq}`,
      type: 'content.file_registered',
      source: '/intendant/t_showcase',
      eventid: record?.data.eventId,
      data: record?.data.data,
    });
    await nothingWaits();
  });

  it('tells of every event whether it is published, and when', async () => {
    const executionId = await upload();
    const entry = await until('it is marked', async () => {
      const { body } = await analyst.get(`/v1/outbox/entries?executionId=${executionId}`);
      if (body.entries === undefined) throw new Error(JSON.stringify(body));
      return body.entries[0].published ? body.entries[0] : undefined;
    });
    const [record] = await emittedBy(executionId);
    expect(entry).toMatchObject({
      eventId: `${executionId}/${record?.seq}`,
      executionId,
      eventType: record?.data.eventType,
      eventData: record?.data.data,
      dead: false,
    });
    expect(Date.parse(entry.publishedAt)).toBeGreaterThanOrEqual(Date.parse(entry.createdAt));
    expect((await analyst.get('/v1/outbox')).status).toBe(403);
    const answer = await operator.get('/v1/outbox');
    expect(answer).toMatchObject({ status: 200, body: { broker: 'redis', state: 'publishing', deadLetters: [] } });
    const described = new DescribedAnswers((await analyst.get('/openapi.json')).body);
    expect(described.faults('GET', '/v1/outbox', answer)).toEqual([]);
  });

  it('an event that is too large is a dead letter after five attempts, and can be asked for once more', async () => {
    const executionId = await upload(`${'x'.repeat(240)}.csv`);
    const after = await upload();
    const deadLetters = () => operator.get('/v1/outbox').then(({ body }) => body.deadLetters);
    const [letter] = await until('it is dead', async () =>
      (await deadLetters()).length > 0 ? deadLetters() : undefined,
    );
    expect(letter).toMatchObject({
      executionId,
      attempts: 5,
      redriveAsked: false,
      reason: expect.stringContaining('bytes'),
    });
    await published(after);
    expect(await arrivedOf(executionId)).toEqual([]);
    // at least once: a notice that was answered too late is sent again
    const notices = (await redis.command('XRANGE', `${STREAM}:dead`, '-', '+')) as StreamEntry[];
    const told = notices.map(([, fields]) => JSON.parse(fields[fields.indexOf('event') + 1] ?? '').data.eventId);
    expect(new Set(told)).toEqual(new Set([letter.eventId]));
    const { body } = await analyst.get(`/v1/outbox/entries?executionId=${executionId}`);
    expect(body.entries).toMatchObject([{ published: false, publishedAt: null, dead: true }]);

    const redrive = '/v1/outbox/dead-letters/{eventId}/redrive';
    const path = redrive.replace('{eventId}', encodeURIComponent(letter.eventId));
    expect((await analyst.post(path)).status).toBe(403);
    const answer = await operator.post(path);
    expect([answer.status, answer.body.redriveAsked]).toEqual([202, true]);
    const described = new DescribedAnswers((await analyst.get('/openapi.json')).body);
    expect(described.faults('POST', redrive, answer)).toEqual([]);
    await until('it was refused again', async () => ((await deadLetters())[0].attempts === 6 ? true : undefined));
    expect(await analyst.metric('intendant_outbox_dead_letters')).toBe(1);
  });

  it('killed between publish and mark, it publishes the same id again', async () => {
    const release = await holdMarks(database.url);
    const executionId = await upload();
    await published(executionId);
    process.kill(outboxPid(), 'SIGKILL');
    await release();
    const arrived = await published(executionId, 2);
    expect(new Set(arrived.map(({ id }) => id)).size).toBe((await emittedBy(executionId)).length);
    await nothingWaits();
  });

  it('with the broker down, intents go on; killed then, the next process publishes what was recorded', async () => {
    await redis.kill();
    const executions = [await upload(), await upload()];
    await until('both wait', async () => ((await analyst.metric('intendant_outbox_pending')) === 2 ? true : undefined));
    await cluster.kill('runtime');
    await redis.restart();
    for (const executionId of executions) {
      const [event] = await published(executionId);
      expect(event?.id).toBe(`${executionId}/${(await emittedBy(executionId))[0]?.seq}`);
    }
    await nothingWaits();
    // at least once: an event whose answer came too late arrives again; two publishers would bring every one twice
    const arrivals: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      const one = await upload();
      await published(one);
      await nothingWaits();
      arrivals.push((await arrivedOf(one)).length);
    }
    expect(arrivals).toContain(1);
  });
});

const quickly = { firstDelayMs: 100, longestDelayMs: 400, healthyAfterMs: 1_000 };
