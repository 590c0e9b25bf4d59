import type { Lab } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCluster, typesOf, type User } from './cluster.js';

let lab: Lab;
let analyst: User;
let auditor: User;

beforeAll(async () => {
  const cluster = await startCluster();
  lab = cluster.lab;
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
});
afterAll(async () => lab.destroy());

describe('one intent, from the door to its replay', () => {
  it('parses a CSV in another process and can be replayed and validated from the log', async () => {
    const sessionId = await analyst.session();
    const { ref } = await analyst.stage('employees.csv');
    const upload = await analyst.run(sessionId, 'content.upload', {
      uiName: 'employees.csv',
      fileType: 'csv',
      contentRef: ref,
    });
    expect(upload).toMatchObject({ status: 200, body: { status: 'completed' } });
    const fileId = upload.body.result.artifacts[0].artifactId;

    const parsed = await analyst.run(sessionId, 'content.parse', {
      fileId,
      parsingType: 'csv',
      parseOptions: { header: true },
    });
    expect(parsed).toMatchObject({ status: 200, body: { status: 'completed', error: null } });
    const artifact = parsed.body.result.artifacts[0];
    expect(artifact).toMatchObject({ resultType: 'parsed_content', parents: expect.arrayContaining([fileId]) });
    expect(artifact.semanticPayload.recordCount).toBeGreaterThan(100);

    const { executionId } = parsed.body;
    const records = await analyst.records(executionId);
    const replay = await auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'events_only' });
    const types = replay.body.records.map((record: { type: string }) => record.type);
    expect(types.slice(0, 6)).toEqual([
      'intent.received',
      'policy.decided',
      'capability.resolved',
      'intent.accepted',
      'execution.started',
      'step.started',
    ]);
    expect(types.at(-1)).toBe('execution.completed');
    const state = await auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'state_only' });
    expect(state.body).toMatchObject({ equal: true });
    const validation = await auditor.post(`/v1/executions/${executionId}/validate`);
    expect(validation.body).toMatchObject({ valid: true });

    const audited = await auditor.audited(executionId);
    expect(audited.map(({ type, data }) => [type, data.replayId, data.mode ?? data.verdict])).toEqual([
      ['replay.requested', replay.body.replayId, 'events_only'],
      ['replay.completed', replay.body.replayId, 'passed'],
      ['replay.requested', state.body.replayId, 'state_only'],
      ['replay.completed', state.body.replayId, 'passed'],
      ['replay.requested', validation.body.replayId, 'validate'],
      ['replay.completed', validation.body.replayId, 'passed'],
    ]);
    expect(replay.body.records).toEqual(records);
    expect(await analyst.records(executionId)).toEqual(records);
  });

  it('carries the correlation id of its metadata on every record, allowed or refused', async () => {
    const sessionId = await analyst.session();
    const { ref } = await analyst.stage('employees.csv');
    const submit = (correlationId: string, contentRef: string) =>
      analyst.post(
        '/v1/intents',
        {
          sessionId,
          intentType: 'content.upload',
          payload: { uiName: 'employees.csv', fileType: 'csv', contentRef },
          metadata: { correlationId },
        },
        { prefer: 'wait=60', 'x-correlation-id': 'of-the-request' },
      );
    const upload = await submit('corr-allowed', ref);
    expect(upload).toMatchObject({ status: 200, body: { status: 'completed', correlationId: 'corr-allowed' } });
    const records = await analyst.records(upload.body.executionId);
    expect(typesOf(records)).toContain('artifact.recorded');
    expect(new Set(records.map(({ correlationId }) => correlationId))).toEqual(new Set(['corr-allowed']));

    const refused = await submit('corr-refused', `content://${'0'.repeat(64)}`);
    expect(refused).toMatchObject({ status: 403, body: { code: 'data_access_denied' } });
    const refusal = (await analyst.get(`/v1/refusals/${refused.body.refusalId}`)).body;
    expect(typesOf(refusal.records)).toEqual(expect.arrayContaining(['intent.received', 'intent.rejected']));
    expect(new Set(refusal.records.map((record: { correlationId: string }) => record.correlationId))).toEqual(
      new Set(['corr-refused']),
    );
  });
});
