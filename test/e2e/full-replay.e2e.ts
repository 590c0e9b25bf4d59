import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, type EventRecord, startCluster, typesOf, type User } from './cluster.js';
import { HistoryKeeper } from './history-keeper.js';

let cluster: Cluster;
let analyst: User;
let auditor: User;
let sessionId: string;
let keeper: HistoryKeeper;
const executionIds: string[] = [];

const replayed = async (executionId: string) =>
  (await auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'full' })).body;

/** Runs an intent to its end and keeps its history; the first artifact. */
async function makes(intentType: string, payload: object) {
  const { body } = await analyst.run(sessionId, intentType, payload);
  expect([intentType, body.status, body.error]).toEqual([intentType, 'completed', null]);
  executionIds.push(body.executionId);
  await keeper.keep(intentType, body.executionId);
  return body.result.artifacts[0];
}

const uploads = async (uiName: string, fileType: string) =>
  makes('content.upload', { uiName, fileType, contentRef: (await analyst.stage(uiName)).ref });

/** A second file that has a column in common with the first. */
async function payroll(): Promise<string> {
  const lines = ['Employee ID,Salary', ...Array.from({ length: 20 }, (_, n) => `E-${n},${5_000 + n}`)];
  const { ref } = (await analyst.post('/v1/content', Buffer.from(lines.join('\n')))).body;
  const file = await makes('content.upload', { uiName: 'payroll.csv', fileType: 'csv', contentRef: ref });
  const parse = { fileId: file.artifactId, parsingType: 'csv', parseOptions: { header: true } };
  return (await makes('content.parse', parse)).artifactId;
}

beforeAll(async () => {
  cluster = await startCluster();
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  sessionId = await analyst.session();
  keeper = new HistoryKeeper(analyst, auditor);
  const context = await makes('solution.establish_context', {
    userGoals: 'Automate invoice intake and see where people still add value',
    solutionStructure: { solutionId: 'content_solution', strategicFocus: 'data_processing' },
    pillarPreferences: [{ pillar: 'content', enabled: true, order: 1 }],
  });
  const file = await uploads('employees.csv', 'csv');
  const { boundaryContractId } = file.semanticPayload;
  await makes('content.save_materialization', { fileId: file.artifactId, boundaryContractId });
  const parse = { fileId: file.artifactId, parsingType: 'csv', parseOptions: { header: true } };
  const parsedFileId = (await makes('content.parse', parse)).artifactId;
  await makes('insights.assess_quality', { parsedFileId, sourceFileId: file.artifactId, parserType: 'csv' });
  await makes('insights.analyze', {
    parsedFileId,
    analysisType: 'structured',
    analysisOptions: { includeStatistics: true, detectPatterns: true, identifyAnomalies: true },
  });
  const permit = await uploads('permit.pdf', 'pdf');
  const lines = { fileId: permit.artifactId, parsingType: 'pdf', parseOptions: { keepLineNumbers: true } };
  const dataSource = { parsedFileId: (await makes('content.parse', lines)).artifactId };
  const extractionConfigId = 'permit_semantic_object';
  await makes('insights.extract', { pattern: 'pso', dataSource, extractionConfigId });
  const bpmn = await uploads('workflow_beneficiary_change.bpmn', 'bpmn');
  const workflow = await makes('journey.create_workflow', { workflowType: 'bpmn', workflowFileRef: bpmn.artifactId });
  await makes('journey.create_sop', {
    workflowId: workflow.artifactId,
    chatMode: false,
    sopOptions: { audience: 'operations' },
  });
  const goals = ['Modernise claims intake'];
  const roadmapOptions = { horizonWeeks: 26 };
  const contextId = context.artifactId;
  await makes('solution.create_roadmap', { goals, roadmapType: 'strategic', roadmapOptions, contextId });
  await makes('solution.mash_data', { sources: [parsedFileId, await payroll()], minScore: 0 });
});
afterAll(async () => cluster.lab.destroy());

describe('full replay', () => {
  it('runs every handler of the examples again, also after a restart, and each does the same', async () => {
    for (const round of ['live', 'restarted']) {
      for (const executionId of executionIds) {
        const { equal, steps, firstDivergence } = await replayed(executionId);
        expect([round, executionId, firstDivergence, equal]).toEqual([round, executionId, null, true]);
        expect(steps.length).toBeGreaterThan(0);
      }
      if (round === 'live') await restartRuntime();
    }
  });

  it('records that it was asked for and what came of it, and nothing else', async () => {
    const [executionId] = executionIds as [string];
    const before = await everything();
    await replayed(executionId);
    const types = typesOf(await auditor.audited(executionId)).slice(-2);
    expect(types).toEqual(['replay.requested', 'replay.completed']);
    expect(await everything()).toEqual(before);
  });

  it('does not count as equal what nobody serves any more; the other modes go on without handlers', async () => {
    const executionId = executionIds.at(-1) as string;
    await cluster.without('solution', async () => {
      const { equal, steps } = await replayed(executionId);
      expect([equal, steps.map((one: { verdict: string }) => one.verdict)]).toEqual([false, ['not_rerun']]);
      const state = await auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'state_only' });
      expect(state.body).toMatchObject({ equal: true });
    });
  });

  it('does not count as equal what failed, which is not run again', async () => {
    const { ref } = (await analyst.post('/v1/content', Buffer.from('no pdf at all'))).body;
    const upload = await analyst.run(sessionId, 'content.upload', {
      uiName: 'x.pdf',
      fileType: 'pdf',
      contentRef: ref,
    });
    const { artifactId } = upload.body.result.artifacts[0];
    const { body } = await analyst.run(sessionId, 'content.parse', { fileId: artifactId, parsingType: 'pdf' });
    expect(body.status).toBe('failed');
    const replay = await replayed(body.executionId);
    expect(replay).toMatchObject({ equal: false, firstDivergence: null, steps: [{ verdict: 'not_rerun' }] });
  });

  it('is refused of a session', async () => {
    const { status, body } = await auditor.post(`/v1/sessions/${sessionId}/replay`, { mode: 'full' });
    expect([status, body.code, body.field]).toEqual([400, 'invalid_request', '/mode']);
  });
});

const everything = async (): Promise<readonly (readonly EventRecord[])[]> =>
  Promise.all(executionIds.map((executionId) => analyst.records(executionId)));

async function restartRuntime(): Promise<void> {
  const pid = cluster.pidOf('runtime');
  const next = cluster.lab.restartOf('runtime', pid);
  process.kill(pid, 'SIGKILL');
  await next;
}
