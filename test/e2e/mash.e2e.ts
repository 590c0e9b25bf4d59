import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, dataFile, startCluster, type User, until } from './cluster.js';

let cluster: Cluster;
let analyst: User;
let auditor: User;
let operator: User;
let sessionId: string;
let sources: string[];

const PAYROLL = [
  'Employee ID,Salary,Currency',
  ...Array.from({ length: 40 }, (_unused, n) => `E-${n},${5_000 + n},CHF`),
];

async function parsed(bytes: Uint8Array, uiName: string): Promise<string> {
  const { ref } = (await analyst.post('/v1/content', bytes)).body;
  const upload = await analyst.run(sessionId, 'content.upload', { uiName, fileType: 'csv', contentRef: ref });
  const fileId = upload.body.result.artifacts[0].artifactId;
  const parse = { fileId, parsingType: 'csv', parseOptions: { header: true } };
  return (await analyst.run(sessionId, 'content.parse', parse)).body.result.artifacts[0].artifactId;
}

beforeAll(async () => {
  cluster = await startCluster();
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  operator = await cluster.user('t_showcase', 'operator', 'operator');
  sessionId = await analyst.session();
  sources = [
    await parsed(await readFile(dataFile('employees.csv')), 'employees.csv'),
    await parsed(Buffer.from(PAYROLL.join('\n')), 'payroll.csv'),
  ];
});
afterAll(async () => cluster.lab.destroy());

describe('the data-mash saga as code', () => {
  it('goes through its phases with intents of another service, moves no bytes, and validates', async () => {
    const mashed = await analyst.run(sessionId, 'solution.mash_data', { sources, minScore: 0 });
    expect(mashed).toMatchObject({ status: 200, body: { status: 'completed', error: null } });
    const [artifact] = mashed.body.result.artifacts;
    expect(artifact).toMatchObject({ resultType: 'data_mash', renderings: [], parents: sources });
    const { executionId } = mashed.body;
    const records = await analyst.records(executionId);
    const phases = records.filter(({ data }) => data.key === 'mash.phase').map(({ data }) => data.value);
    expect(phases).toEqual(['initiated', 'data_quality', 'semantic_interpretation', 'semantic_mapping', 'registered']);
    const children = records.filter(({ type }) => type === 'child.settled').map(({ data }) => data.status);
    expect(children).toEqual(['completed', 'completed', 'completed', 'completed']);
    expect(await auditor.post(`/v1/executions/${executionId}/validate`)).toMatchObject({ body: { valid: true } });
    expect(records.filter(({ type, data }) => type === 'data.registered' && data.content !== null)).toEqual([]);
  });

  it('waits for a person when a source is poor, also through a kill of the Runtime, and goes on when one approves', async () => {
    const payload = { sources, minScore: 1 };
    const { executionId } = (await analyst.submit(sessionId, 'solution.mash_data', payload)).body;
    await until('it asks a person', async () => {
      const asked = (await analyst.records(executionId)).some(({ type }) => type === 'signal.awaited');
      return asked ? true : undefined;
    });
    const pid = cluster.pidOf('runtime');
    const next = cluster.lab.restartOf('runtime', pid);
    process.kill(pid, 'SIGKILL');
    await next;
    const again = await until('it waits again', async () => {
      const answer = await analyst.get(`/v1/executions/${executionId}`);
      return answer.body.status === 'waiting' ? answer.body : undefined;
    });
    expect(again.error).toBeNull();
    const signalId = randomUUID();
    const approve = { signalId, signalType: 'approve', payload: { waitId: 'poor_quality', note: 'good enough' } };
    const answered = await operator.post(`/v1/executions/${executionId}/signals`, approve);
    expect(answered).toMatchObject({ status: 200, body: { signalId, role: 'operator' } });
    expect(await analyst.settled(executionId)).toMatchObject({ status: 'completed' });
    expect(await auditor.post(`/v1/executions/${executionId}/validate`)).toMatchObject({ body: { valid: true } });
  });
});
