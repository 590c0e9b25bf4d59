import { dataReference, executionId, json, lineageReply, mashReply, provenanceReply } from '@intendant/client/testing';
import { describe, expect, it } from '@jest/globals';
import { scriptedCommandLine } from '../test/scripted-command-line.js';

const cli = scriptedCommandLine();
const { asked, run, serve } = cli;

describe('data', () => {
  const at = '/v1/data/references';

  it('lists references, and says that there are more', async () => {
    serve({ [`GET ${at}`]: json({ scope: 'own', references: [dataReference], nextCursor: 'c2' }) });
    const { stdout, stderr } = await run(['data', 'references', '--execution', executionId, '--type', 'file']);
    expect(stdout).toContain(`file_1     file  7      analyst  2026-11-20T10:00:00.000Z  ${executionId}`);
    expect(stderr).toBe('more with --cursor c2\n');
    expect(asked()).toEqual([`GET ${at}?executionId=${executionId}&type=file`]);
  });

  it('tells a provenance: from what, and where in the payload', async () => {
    serve({ [`GET ${at}/file_1/provenance`]: json(provenanceReply) });
    const { stdout } = await run(['data', 'provenance', 'file_1']);
    expect(stdout).toContain(`derived_from  analyst  ${executionId}  from content://${'a'.repeat(64)}, 1 not found`);
    expect(stdout).toContain(`given         analyst  ${executionId}  /fileId`);
    const ids = await run(['data', 'provenance', 'file_1', '-o', 'ids']);
    expect(ids.stdout).toBe(`${executionId}/9\n${executionId}/2/given/0\n`);
  });

  it('tells a lineage, and that it was cut', async () => {
    serve({ [`GET ${at}/file_1/lineage`]: json(lineageReply) });
    const { stdout, stderr } = await run(['data', 'lineage', 'file_1', '--depth', '1']);
    expect(stdout).toContain(`1      content://${'a'.repeat(64)}  content  file_1 (cited)`);
    expect(stderr).toBe('there may be more: stopped by the bound of depth\n');
    expect(asked()).toEqual([`GET ${at}/file_1/lineage?depth=1&direction=upstream`]);
  });

  it('compares references', async () => {
    serve({ 'POST /v1/data/mash': json(mashReply) });
    const { stdout } = await run(['data', 'mash', 'file_1', 'file_9', '--type', 'semantic']);
    expect(stdout).toContain('not found     file_9');
    expect(stdout).toContain('type differs  id      integer in file_1');
    expect(JSON.parse(cli.server.asked[0]?.body ?? '')).toEqual({
      references: ['file_1', 'file_9'],
      queryType: 'semantic',
    });
    expect(JSON.parse((await run(['data', 'mash', 'file_1', '-o', 'json'])).stdout)).toEqual(mashReply);
  });
});

describe('audit', () => {
  const report = (valid: boolean) =>
    json({
      replayId: `rpl_${'4'.repeat(32)}`,
      executionId,
      valid,
      checks: [{ check: 'log_complete', passed: valid, seq: valid ? null : 3, finding: valid ? null : 'broken' }],
      stateDigest: null,
    });

  it('ends with 8 when an execution is not valid', async () => {
    serve({ [`POST /v1/executions/${executionId}/validate`]: report(false) });
    const { code, stdout } = await run(['audit', executionId]);
    expect(stdout).toContain('log_complete  FAILED   3    broken');
    expect(code).toBe(8);
  });

  it('takes the ids of another command', async () => {
    serve({ [`POST /v1/executions/${executionId}/validate`]: report(true) });
    expect(await run(['audit', '-', '-o', 'ids'], {}, `${executionId}\n${executionId}\n`)).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(cli.server.asked).toHaveLength(2);
  });
});

describe('verify', () => {
  it('ends with 4 when there is no log', async () => {
    expect((await run(['verify'])).code).toBe(4);
  });
});

describe('the read model', () => {
  const counts = { total: 4, successful: 3, failed: 1, compensated: 0, cancelled: 0, stuck: 0, unsettled: 0 };
  const rates = { successRate: 0.75, errorRate: 0.25, averageMs: 12.4 };
  const at = { from: '2026-05-04T10:00:00.000Z', to: '2026-05-04T11:00:00.000Z' };

  it('counts executions over a range', async () => {
    const byIntentType = [{ intentType: 'content.upload', ...counts, ...rates }];
    const reply = { scope: 'tenant', range: '1h', ...at, ...counts, ...rates, byIntentType };
    serve({ 'GET /v1/metrics/executions': json(reply) });
    const { stdout, code } = await run(['metrics', '--range', '1h']);
    expect(stdout).toMatch(/success rate +75.0 %/);
    expect(stdout).toMatch(/content.upload +4 +3 +1 +25.0 % +12 ms/);
    expect([code, asked()]).toEqual([0, ['GET /v1/metrics/executions?range=1h']]);
    expect((await run(['metrics', '--range', '2h'])).code).toBe(2);
  });

  it('tells how far lists are, and is made anew', async () => {
    const partitions = [{ partition: 0, logPosition: 9, position: 7, lagEntries: 2, rebuiltPosition: 3 }];
    const status = { connected: true, problem: null, active: true, rebuilding: true, partitions, halted: [] };
    serve({
      'GET /v1/read-model': json(status),
      'POST /v1/read-model/rebuild': json({ requested: true }, 202),
    });
    const { stdout } = await run(['read-model', 'status']);
    expect(stdout).toMatch(/rebuilding +yes/);
    expect(stdout).toMatch(/^0 +9 +7 +2 +3$/m);
    expect((await run(['read-model', 'status', '-o', 'ids'])).stdout).toBe('0\n');
    expect((await run(['read-model', 'rebuild'])).code).toBe(0);
    expect(asked()).toContain('POST /v1/read-model/rebuild');
  });
});
