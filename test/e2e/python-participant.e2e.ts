import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot, type Service } from '@intendant/lab';
import { withPython } from '@intendant/participant/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, platformServices, startCluster, typesOf, type User, until } from './cluster.js';

const TENANT = 't_showcase';

const words: Service = {
  name: 'words',
  stage: 'participant',
  entry: fileURLToPath(new URL('./python-service.mjs', import.meta.url)),
  realms: ['words'],
};

/** The tenant's policy, with the realm of the participant. */
function bundleWithWords() {
  const bundle = JSON.parse(readFileSync(join(repositoryRoot, 'policies', `${TENANT}.json`), 'utf8'));
  bundle.revision += 1;
  bundle.enabled.realms.push('words');
  bundle.enabled.intents.push('words.*');
  bundle.rules.push({ id: 'analyst-words', role: 'analyst', action: 'words.*', realm: 'words', effect: 'allow' });
  return bundle;
}

(withPython() ? describe : describe.skip)('a participant in Python', () => {
  let cluster: Cluster;
  let analyst: User;
  let sessionId: string;

  beforeAll(async () => {
    cluster = await startCluster({ services: [...platformServices, words] });
    const admin = await cluster.user(TENANT, 'admin', 'policy_admin');
    expect((await admin.post('/v1/policies', bundleWithWords())).status).toBe(201);
    analyst = await cluster.user(TENANT, 'analyst', 'analyst');
    sessionId = await analyst.session();
  });
  afterAll(() => cluster?.lab.destroy());

  const stage = async (text: string): Promise<string> =>
    (await analyst.post('/v1/content', Buffer.from(text))).body.ref;

  it('answers an intent: content through the data plane, the result recorded', async () => {
    const text = await stage('three small words');
    const answer = await until('the policy allows it', async () => {
      const asked = await analyst.run(sessionId, 'words.count', { text });
      return asked.status === 403 ? undefined : asked;
    });
    expect(answer.body).toMatchObject({
      status: 'completed',
      result: { artifacts: [{ resultType: 'word_count', semanticPayload: { words: 3 }, parents: [text] }] },
    });
  });

  it('takes no part in a full replay: nobody knows, and the replay says so', async () => {
    const { body } = await analyst.run(sessionId, 'words.count', { text: await stage('two words') });
    const auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    const replay = await auditor.post(`/v1/executions/${body.executionId}/replay`, { mode: 'full' });
    expect(replay).toMatchObject({
      status: 200,
      body: { equal: false, steps: [{ verdict: 'not_rerun', detail: expect.stringMatching(/did not answer.*404/) }] },
    });
  });

  it('fails with its own code', async () => {
    const answer = await analyst.run(sessionId, 'words.count', { text: await stage('   ') });
    expect(answer.body).toMatchObject({ status: 'failed', error: { code: 'no_words', retryable: false } });
  });

  it('runs a saga as code: steps, a sleep without a handler, and the end', async () => {
    const texts = [await stage('one'), await stage('one two three')];
    const answer = await analyst.run(sessionId, 'words.compare', { texts, pauseMs: 50 });
    expect(answer.body).toMatchObject({
      status: 'completed',
      result: { artifacts: [{ semanticPayload: { words: [1, 3], difference: 2 } }] },
    });
    const types = typesOf(await analyst.records(answer.body.executionId)).filter((type) =>
      /^(step|timer|operation)\./.test(type),
    );
    // a short sleep may be over before the participant has said that it rests
    expect(types.filter((type) => type !== 'timer.fired')).toEqual([
      'step.started',
      'step.started',
      'step.succeeded',
      'timer.set',
      'step.suspended',
      'step.resumed',
      'operation.observed',
      'step.started',
      'step.succeeded',
      'step.succeeded',
    ]);
    expect(types.indexOf('timer.fired')).toBeGreaterThan(types.indexOf('timer.set'));
    expect(types.indexOf('timer.fired')).toBeLessThan(types.indexOf('step.resumed'));
  });

  it('is called again when it has come back: a service that is being restarted costs no attempt', async () => {
    const text = await stage('again and again');
    const wrapper = cluster.pidOf('words');
    const back = cluster.lab.restartOf('words', wrapper);
    // the wrapper ends with the participant itself
    const participant = Number(readFileSync(`/proc/${wrapper}/task/${wrapper}/children`, 'utf8'));
    process.kill(participant, 'SIGKILL');
    // a call that reached it in its last moment would be one whose outcome is unknown
    await until('it is gone', () => (existsSync(`/proc/${participant}`) ? undefined : true));
    const answer = await analyst.run(sessionId, 'words.count', { text });
    expect(answer.body).toMatchObject({ status: 'completed' });
    const types = typesOf(await analyst.records(answer.body.executionId));
    expect(types.filter((type) => type === 'step.started')).toHaveLength(1);
    await back;
  });

  it('goes on over a restart of Curator, which gives it another key', async () => {
    const text = await stage('one key, then another');
    const registrations = () => cluster.lines.filter((line) => line.includes('registered, revision')).length;
    const before = registrations();
    await cluster.kill('curator');
    expect((await analyst.run(sessionId, 'words.count', { text })).body).toMatchObject({ status: 'completed' });
    await until('it is registered again', () => (registrations() > before ? true : undefined));
    expect((await analyst.run(sessionId, 'words.count', { text })).body).toMatchObject({ status: 'completed' });
  });

  it('keeps its key to itself: no log, and no record, holds the secret', async () => {
    const records = JSON.stringify(
      await analyst.records((await analyst.run(sessionId, 'words.count', { text: await stage('x') })).body.executionId),
    );
    for (const place of [records, cluster.lines.join('\n')]) expect(place).not.toMatch(/requestKey|"secret"/);
  });
});
