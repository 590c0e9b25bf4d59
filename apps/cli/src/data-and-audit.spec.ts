import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  cut,
  dataReference,
  executionId,
  json,
  lineageReply,
  mashReply,
  problem,
  provenanceReply,
} from '@intendant/client/testing';
import { EMPTY_HEAD, encodeEntry } from '@intendant/wal';
import { LOG_FILE, SqliteJournal, SqliteWal } from '@intendant/wal-sqlite';
import { describe, expect, it } from '@jest/globals';
import { scriptedCommandLine } from '../test/scripted-command-line.js';

const cli = scriptedCommandLine();
const { asked, run, serve } = cli;

describe('validate', () => {
  const decision = {
    decisionId: 'dec_1',
    tenantId: 't_showcase',
    effect: 'allow',
    steps: [],
    obligations: null,
    code: null,
    reason: null,
    remedy: null,
    retryAfterMs: null,
    policyRevision: 1,
    policyDigest: 'a'.repeat(64),
    inputDigest: 'b'.repeat(64),
    decidedBy: 'smart-city',
    decidedAt: '2026-11-20T10:00:00.000Z',
  };
  const tag = { code: 'invalid_request', detail: 'no step has the tag', field: '/skipTags/0' };

  it.each([
    [tag, 5, '/skipTags/0: invalid_request: no step has the tag'],
    [{ code: 'storage_low', detail: 'too little free space' }, 6, 'storage_low: too little free space'],
    [{ code: 'capability_not_found', detail: 'nobody answers' }, 4, 'capability_not_found: nobody answers'],
  ])('ends with what submitting it would end with, and says why: %o', async (refusal, exit, because) => {
    const judgement = { acceptable: false, refusal, decision, resolution: {}, payload: { valid: true } };
    serve({ 'POST /v1/intents/validate': json(judgement) });
    const { code, stdout } = await run(['validate', 'a.b', '--session', `ses_${'1'.repeat(32)}`]);
    expect(stdout).toContain(because);
    expect(code).toBe(exit);
  });
});

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

  it('ends with 2 when it is given none, as by a command before it that failed', async () => {
    expect(await run(['audit', '-'], {}, '\n')).toMatchObject({
      code: 2,
      stderr: 'no execution to check: standard input names none\n',
    });
  });

  const other = `exe_${'8'.repeat(32)}`;
  const validate = (id: string) => `POST /v1/executions/${id}/validate`;
  const [missing, away, lost] = [problem(404, 'not_found', 'never'), problem(503, 'overloaded', 'same_key'), cut];

  it.each([
    ['is not there, and goes on', missing, true],
    ['cannot be checked now, and goes on', away, true],
    ['is lost with the connection, and says what was left out', lost, false],
  ])('keeps the verdict about one when another %s', async (_what, answer, goesOn) => {
    serve({ [validate(executionId)]: report(false), [validate(other)]: answer });
    const audit = (...ids: string[]) => run(['audit', ...ids, '--retry-for', '0', '-o', 'ids']);
    const before = await audit(executionId, other);
    expect([before.code, before.stdout]).toEqual([8, `${executionId}\n`]);
    expect(before.stderr).toContain(`${other} was not checked\n`);
    const after = await audit(other, executionId, executionId);
    expect([after.code, after.stdout]).toEqual(goesOn ? [8, `${executionId}\n`.repeat(2)] : [6, '']);
    expect(after.stderr.includes('nor were the 2 after it')).toBe(!goesOn);
  });

  it('ends as the failure says when all others are valid', async () => {
    serve({ [validate(executionId)]: report(true), [validate(other)]: missing });
    expect((await run(['audit', other, executionId])).code).toBe(4);
  });
});

describe('grants', () => {
  const at = `/v1/data/references/file_1/grants`;
  const grantee = 'user:bob';
  const reply = {
    referenceId: 'file_1',
    grants: [{ grantee, grantedBy: 'ann', grantedAt: '2026-11-20T10:00:00.000Z' }],
  };

  it('are given, shown and taken back', async () => {
    serve({
      [`GET ${at}`]: json(reply),
      [`POST ${at}`]: json(reply),
      [`DELETE ${at}/user%3Abob`]: json({ ...reply, grants: [] }),
    });
    expect((await run(['data', 'grant', 'file_1', grantee])).stdout).toMatch(/user:bob +ann +2026/);
    expect(JSON.parse(cli.server.asked[0]?.body ?? '')).toEqual({ grantee });
    expect((await run(['data', 'grants', 'file_1', '-o', 'ids'])).stdout).toBe(`${grantee}\n`);
    expect((await run(['data', 'revoke', 'file_1', grantee, '-o', 'ids'])).stdout).toBe('');
    expect(asked()).toEqual([`POST ${at}`, `GET ${at}`, `DELETE ${at}/user%3Abob`]);
  });
});

describe('verify', () => {
  const verify = () => run(['verify', '-o', 'json']);

  /** A log of one entry in the data directory; the path of its file. */
  async function writeLog(): Promise<string> {
    const directory = join(cli.dataDir, 'log');
    const wal = new SqliteWal({ directory, partitionCount: 1, onFatal: () => undefined });
    const nobody = { tenantId: 't', sessionId: null, executionId: null, intentId: null, correlationId: null };
    const data = { code: 'x', count: 1, windowMs: 1 };
    const draft = { type: 'refusal.counted', actor: 'runtime', cause: null, data } as const;
    await wal.append(await wal.acquire(0), [
      encodeEntry('refusals/t', EMPTY_HEAD, nobody, '2026-11-20T10:00:00.000Z', [draft]),
    ]);
    await wal.close();
    return join(directory, LOG_FILE);
  }

  it('ends with 0 when every chain holds', async () => {
    await writeLog();
    const { code, stdout } = await verify();
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, entries: 1 }]);
  });

  it('names the log that a copy is of, by the id that everything else has for it', async () => {
    const file = await writeLog();
    expect((await run(['verify'])).stdout).toMatch(/^log id +[0-9a-f-]{36}$/m);
    const journal = new SqliteJournal({ directory: dirname(file), partitionCount: 1, synchronous: 'FULL' });
    journal.db.exec('CREATE TABLE copied (partition INTEGER PRIMARY KEY, cursor TEXT, name TEXT, nonce TEXT)');
    journal.db.exec("INSERT INTO meta (name, value) VALUES ('copy_of', 'id-on-servers')");
    journal.close(true);
    expect((await run(['verify'])).stdout).toMatch(/^copy of log +id-on-servers$/m);
    expect(JSON.parse((await verify()).stdout)).toMatchObject({ ok: true, logId: 'id-on-servers', isCopy: true });
  });

  it('ends with 8 when a byte was changed, and names the place', async () => {
    const file = await writeLog();
    const bytes = readFileSync(file);
    bytes.write('9', bytes.indexOf('"count":1') + '"count":'.length);
    writeFileSync(file, bytes);
    const { code, stdout } = await verify();
    expect([code, JSON.parse(stdout)]).toMatchObject([
      8,
      { ok: false, findings: [{ place: 'stream refusals/t seq 1' }] },
    ]);
  });

  it.each(['', 'this was a log once'])('ends with 8 when the file is no log: %j', async (text) => {
    writeFileSync(await writeLog(), text);
    expect((await verify()).code).toBe(8);
  });

  it('ends with 6 when another version wrote it', async () => {
    const file = await writeLog();
    const bytes = readFileSync(file);
    bytes.write('9', bytes.lastIndexOf('format') + 'format'.length);
    writeFileSync(file, bytes);
    expect(await verify()).toMatchObject({ code: 6, stderr: expect.stringContaining('has format 9') });
  });

  it('ends with 4 when there is no log, with 2 when the command line is wrong', async () => {
    expect((await run(['verify'])).code).toBe(4);
    expect((await run(['verify', '--fast'])).code).toBe(2);
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
