import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, startCluster, typesOf, type User } from './cluster.js';

let cluster: Cluster;
const executionIds: string[] = [];

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => cluster.lab.destroy());

interface Made {
  readonly executionId: string;
  readonly artifactId: string;
  readonly parents: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: looked into field by field
  readonly semanticPayload: any;
}

/** One user's session, and the artifacts that its intents make. */
class Story {
  private constructor(
    readonly user: User,
    readonly sessionId: string,
  ) {}

  static async begin(tenantId: string): Promise<Story> {
    const user = await cluster.user(tenantId, 'analyst', 'analyst');
    return new Story(user, await user.session());
  }

  async makes(intentType: string, payload: object): Promise<Made> {
    const { body } = await this.user.run(this.sessionId, intentType, payload);
    expect([intentType, body.status, body.error]).toEqual([intentType, 'completed', null]);
    executionIds.push(body.executionId);
    return { executionId: body.executionId, ...body.result.artifacts[0] };
  }

  async uploads(name: string, fileType: string): Promise<Made> {
    const { ref, sha256, sizeBytes } = await this.user.stage(name);
    return this.makes('content.upload', {
      ingestionType: 'upload',
      uiName: name,
      fileType,
      contentRef: ref,
      sha256,
      sizeBytes,
    });
  }

  async fails(
    intentType: string,
    payload: object,
  ): Promise<{ code: string; message: string; details: Record<string, unknown> | null }> {
    const { body } = await this.user.run(this.sessionId, intentType, payload);
    expect([body.status, body.result]).toEqual(['failed', null]);
    executionIds.push(body.executionId);
    return body.error;
  }

  async refused(intentType: string, payload: object): Promise<{ code: string; field: string }> {
    const { status, body } = await this.user.run(this.sessionId, intentType, payload);
    expect(status).toBe(400);
    return body;
  }
}

describe('MVP showcase', () => {
  it('goes from goals over a file, its quality and a workflow to a roadmap', async () => {
    const story = await Story.begin('t_showcase');
    const context = await story.makes('solution.establish_context', {
      userGoals: 'Automate invoice intake and see where people still add value',
      solutionStructure: { solutionId: 'content_solution', strategicFocus: 'data_processing' },
      pillarPreferences: ['content', 'insights', 'journey', 'solution'].map((pillar, index) => ({
        pillar,
        enabled: true,
        order: index + 1,
      })),
    });
    const file = await story.uploads('employees.csv', 'csv');
    const saved = await story.makes('content.save_materialization', {
      fileId: file.artifactId,
      boundaryContractId: file.semanticPayload.boundaryContractId,
    });
    const parsed = await story.makes('content.parse', {
      fileId: file.artifactId,
      parsingType: 'csv',
      parseOptions: { header: true },
    });
    const quality = await story.makes('insights.assess_quality', {
      parsedFileId: parsed.artifactId,
      sourceFileId: file.artifactId,
      parserType: 'csv',
    });
    const analysis = await story.makes('insights.analyze', {
      parsedFileId: parsed.artifactId,
      analysisType: 'structured',
      analysisOptions: { includeStatistics: true, detectPatterns: true, identifyAnomalies: true },
    });
    const bpmn = await story.uploads('workflow_beneficiary_change.bpmn', 'bpmn');
    const workflow = await story.makes('journey.create_workflow', {
      workflowType: 'bpmn',
      workflowFileRef: bpmn.artifactId,
    });
    const sop = await story.makes('journey.create_sop', {
      workflowId: workflow.artifactId,
      chatMode: false,
      sopOptions: { audience: 'operations' },
    });
    const roadmap = await story.makes('solution.create_roadmap', {
      goals: ['Modernise claims intake', 'Cut handling time by 30 percent'],
      roadmapType: 'strategic',
      roadmapOptions: { horizonWeeks: 26 },
      contextId: context.artifactId,
    });

    const lineage: [Made, Made][] = [
      [saved, file],
      [parsed, file],
      [quality, parsed],
      [analysis, parsed],
      [workflow, bpmn],
      [sop, workflow],
    ];
    for (const [child, parent] of lineage) expect(child.parents).toContain(parent.artifactId);
    expect(quality.semanticPayload.recordCount).toBe(parsed.semanticPayload.recordCount);
    const names = workflow.semanticPayload.tasks.map((task: { name: string }) => task.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'Verify Policy Status',
        'Validate New Beneficiary',
        'Reject Request',
        'Update Beneficiary Record',
        'Send Confirmation',
      ]),
    );
    expect(workflow.semanticPayload.gateways.map((gateway: { name: string }) => gateway.name)).toContain(
      'Policy Active?',
    );
    expect(roadmap.semanticPayload).toMatchObject({ horizonWeeks: 26, horizonSource: 'given' });
    expect((await story.uploads('employees.csv', 'csv')).artifactId).toBe(file.artifactId);
  });

  it('refuses what cannot be answered, naming the field', async () => {
    const story = await Story.begin('t_showcase');
    expect(await story.refused('journey.create_workflow', { workflowType: 'bpmn' })).toMatchObject({
      code: 'invalid_payload',
      field: expect.stringMatching(/^\/payload/),
    });
    expect(await story.refused('journey.create_sop', { chatMode: false })).toMatchObject({
      code: 'invalid_payload',
      field: expect.stringMatching(/^\/payload/),
    });
    expect(await story.refused('solution.create_roadmap', { goals: [], roadmapType: 'strategic' })).toMatchObject({
      code: 'invalid_payload',
      field: '/payload/goals',
    });
  });
});

describe('insurance migration', () => {
  const options = { encoding: 'ascii', output: 'jsonl', expectedRecordLength: 204 };

  it('reads fixed-width policies by their copybook, and refuses records of another length', async () => {
    const story = await Story.begin('t_atlantic_life');
    const copybook = await story.uploads('policies.cpy', 'copybook');
    const policies = await story.uploads('policies.bin', 'mainframe');
    const by = (file: Made) => ({
      fileId: file.artifactId,
      parsingType: 'mainframe',
      copybookReference: copybook.artifactId,
      parseOptions: options,
    });
    const parsed = await story.makes('content.parse', by(policies));
    expect(parsed.parents).toEqual(expect.arrayContaining([policies.artifactId, copybook.artifactId]));
    expect(parsed.semanticPayload.recordCount).toBeGreaterThan(0);
    expect(parsed.semanticPayload.columns.map((column: { name: string }) => column.name)).toEqual(
      expect.arrayContaining(['POLICY-NUMBER', 'PREMIUM', 'EXPIRATION-DATE']),
    );
    const other = await story.uploads('policies_212.bin', 'mainframe');
    expect((await story.fails('content.parse', by(other))).code).toBe('record_length_mismatch');
  });
});

describe('permit data', () => {
  const permit = async (name: string): Promise<Made> => {
    const story = await Story.begin('t_energy_corp');
    const file = await story.uploads(name, 'pdf');
    const parsed = await story.makes('content.parse', {
      fileId: file.artifactId,
      parsingType: 'pdf',
      parseOptions: { keepLineNumbers: true },
    });
    return story.makes('insights.extract', {
      pattern: 'pso',
      dataSource: { parsedFileId: parsed.artifactId },
      extractionConfigId: 'permit_semantic_object',
    });
  };

  it('reports what a permit does not state instead of inventing it', async () => {
    const { semanticPayload: found } = await permit('permit.pdf');
    expect(found.permitMetadata.permitNumber.value).toBe('PER-2024-001234');
    expect(found.permitMetadata).toMatchObject({ issuingAuthority: null, permitType: null });
    expect(found.missing).toEqual(expect.arrayContaining(['issuingAuthority', 'permitType']));
    expect(found.obligations).toHaveLength(7);
    for (const { sourceLine } of found.obligations) expect(sourceLine).toBeGreaterThan(0);
    const whole = (await permit('permit_full.pdf')).semanticPayload;
    expect(whole.missing).toEqual([]);
    expect(whole.confidence).toBeGreaterThan(found.confidence);
  });
});

describe('what all of it left', () => {
  it('every execution validates and replays', async () => {
    const auditors = await Promise.all(
      ['t_showcase', 't_atlantic_life', 't_energy_corp'].map((name) => cluster.user(name, 'auditor', 'auditor')),
    );
    expect(executionIds.length).toBeGreaterThan(15);
    for (const executionId of executionIds) {
      const own = await Promise.all(auditors.map((auditor) => auditor.post(`/v1/executions/${executionId}/validate`)));
      expect(own.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 404, 404]);
      const index = own.findIndex(({ status }) => status === 200);
      expect(own[index]?.body).toMatchObject({ valid: true });
      const state = await auditors[index]?.post(`/v1/executions/${executionId}/replay`, { mode: 'state_only' });
      expect(state?.body).toMatchObject({ equal: true });
      const types = typesOf(
        (await auditors[index]?.post(`/v1/executions/${executionId}/replay`, { mode: 'events_only' }))?.body.records,
      );
      expect(types.at(-1)).toMatch(/^execution\.(completed|failed)$/);
    }
  });
});
