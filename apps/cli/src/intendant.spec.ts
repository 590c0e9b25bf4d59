import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Answer,
  dataReference,
  executionId,
  json,
  lineageReply,
  listed,
  mashReply,
  problem,
  provenanceReply,
  record,
  resultReply,
  ScriptedServer,
  session,
} from '@intendant/client/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { intendant, shell } from '../test/command.js';

jest.setTimeout(120_000); // the first run may build

const claims = Buffer.from(JSON.stringify({ tenant: 't_showcase', sub: 'analyst' })).toString('base64url');
const token = `h.${claims}.s`;

let server: ScriptedServer;
let dataDir: string;
beforeAll(async () => {
  await intendant(['--help'], { INTENDANT_SKIP_BUILD: '0' });
  server = await new ScriptedServer().start();
});
afterAll(() => server.stop());
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'intendant-cli-'));
  server.asked.length = 0;
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const environment = () => ({ INTENDANT_URL: server.url, INTENDANT_TOKEN: token, INTENDANT_DATA_DIR: dataDir });
const run = (args: string[], more: object = {}, input = '') => intendant(args, { ...environment(), ...more }, input);
const asked = (): string[] => server.asked.map(({ method, path }) => `${method} ${path}`);

/** Answers by method and path; whatever else is asked is not found. */
function serve(answers: Record<string, Answer>): void {
  server.script((response, asked) => {
    const answer = answers[`${asked.method} ${asked.path.split('?')[0]}`] ?? problem(404, 'not_found', 'never');
    answer(response, asked);
  });
}

describe('the command line', () => {
  it.each([
    [[], 'Usage: intendant'],
    [['nonsense'], "unknown command 'nonsense'"],
    [['submit'], "missing required argument 'intentType'"],
    [['list', '-o', 'xml'], 'Allowed choices are table, json, ids'],
    [['submit', 'a.b', '{x}'], 'the payload: '],
    [['submit', 'a.b', '[]'], 'the payload must be a JSON object'],
    [['submit', 'a.b', '@/nowhere.json'], 'the payload cannot be read'],
    [['submit', 'a.b', '--content', 'nofield'], '--content must be field=path'],
    [['submit', 'a.b', '--wait', 'soon'], 'Say a number of seconds'],
    [['show', 'last'], 'nothing was submitted yet'],
    [['session', 'show'], 'no session is in use'],
    [['list', '--url', 'ftp://x'], 'must begin with http:// or https://'],
    [['list', '--as', 'analyst'], '--as must be tenant/user/role'],
    [['token', '--tenant', 't', '--user', 'u'], 'at least one --role'],
    [['token', '--tenant', 't', '--user', 'u', '--role', 'r'], 'run `npm start` first'],
  ])('%j is wrong: exit 2', async (args, told) => {
    const { code, stderr, stdout } = await run(args);
    expect(stderr).toContain(told);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('needs a token', async () => {
    const { code, stderr } = await run(['list'], { INTENDANT_TOKEN: '' });
    expect(stderr).toContain('set INTENDANT_TOKEN, or use --as tenant/user/role');
    expect(code).toBe(2);
  });

  it('explains its exit codes', async () => {
    const { code, stdout } = await intendant(['--help']);
    expect(stdout).toContain('7  the execution failed, was cancelled or undone, or is stuck');
    expect(code).toBe(0);
  });
});

describe('failures', () => {
  it.each([
    [403, 3],
    [422, 5],
    [503, 6],
  ])('of status %i end with %i', async (status, code) => {
    serve({ [`GET /v1/executions/${executionId}`]: problem(status, 'some_code', 'never') });
    expect((await run(['show', executionId])).code).toBe(code);
  });

  it('are told with field, remedy and page', async () => {
    const more = { field: '/payload/goals', remedy: 'name a goal', refusalId: 'rfs_1' };
    serve({ 'GET /v1/executions': problem(400, 'invalid_payload', 'changed', more) });
    const { stderr, stdout } = await run(['list']);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'invalid_payload: because invalid_payload\n  field    /payload/goals\n  remedy   name a goal\n' +
        '  refusal  rfs_1\n  page     docs/errors/invalid_payload.md\n',
    );
  });

  it('are the problem document itself with -o json', async () => {
    serve({ 'GET /v1/executions': problem(403, 'action_not_permitted', 'never') });
    const { code, stdout, stderr } = await run(['list', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'action_not_permitted', status: 403 });
    expect([code, stderr]).toEqual([3, '']);
  });

  it('of a server that is not there end with 6 and no stack trace', async () => {
    const { code, stderr } = await run(['list', '--retry-for', '0', '--url', 'http://127.0.0.1:9']);
    expect(stderr).toContain('no connection: http://127.0.0.1:9/v1/executions: connect ECONNREFUSED');
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(6);
  });

  it('have a stack trace with INTENDANT_DEBUG=1', async () => {
    const { stderr } = await run(['list', '--retry-for', '0', '--url', 'http://127.0.0.1:9'], { INTENDANT_DEBUG: '1' });
    expect(stderr).toContain('    at ');
  });
});

describe('submit', () => {
  const opening = { 'POST /v1/sessions': json(session, 201) };

  it('opens a session once, says so, and remembers session and execution', async () => {
    serve({
      ...opening,
      [`GET /v1/sessions/${session.sessionId}`]: json(session),
      'POST /v1/intents': json(resultReply('completed')),
      [`GET /v1/executions/${executionId}/result`]: json(resultReply('completed')),
    });
    const first = await run(['submit', 'content.parse', '{"fileId":"file_1"}', '--key', 'k1', '--wait', '5']);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toBe(
      `opened session ${session.sessionId}, kept for further commands in ${dataDir}/cli.json\n`,
    );
    expect(first.stdout).toContain(`execution  ${executionId}\nintent     content.parse\nstatus     completed\n`);
    const sent = server.asked.at(-1);
    expect(sent?.headers).toMatchObject({ 'idempotency-key': 'k1', prefer: 'wait=5' });
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({ sessionId: session.sessionId, payload: { fileId: 'file_1' } });
    expect((await run(['submit', 'content.parse', '-'], {}, '{"fileId":"file_2"}')).stderr).toBe('');
    expect((await run(['result', 'last', '-o', 'ids'])).code).toBe(0);
    expect(asked().filter((one) => one === 'POST /v1/sessions')).toHaveLength(1);
  });

  it('replaces a session that is closed', async () => {
    const closed = { ...session, sessionId: `ses_${'9'.repeat(32)}`, status: 'closed' };
    const remembered = { [server.url]: { sessions: { 't_showcase/analyst': closed.sessionId } } };
    writeFileSync(join(dataDir, 'cli.json'), JSON.stringify(remembered));
    const answers = { [`GET /v1/sessions/${closed.sessionId}`]: json(closed), 'POST /v1/intents': json(resultReply()) };
    serve({ ...opening, ...answers });
    const { stderr } = await run(['submit', 'content.parse']);
    expect(stderr).toContain(`opened session ${session.sessionId}`);
  });

  it('keeps what it remembers among the settings where there is no data directory', async () => {
    rmSync(dataDir, { recursive: true });
    const home = mkdtempSync(join(tmpdir(), 'intendant-home-'));
    serve(opening);
    await run(['session', 'open'], { XDG_CONFIG_HOME: home });
    const kept = JSON.parse(readFileSync(join(home, 'intendant', 'cli.json'), 'utf8'));
    rmSync(home, { recursive: true });
    expect(kept).toEqual({ [server.url]: { sessions: { 't_showcase/analyst': session.sessionId } } });
  });

  it('stages files and puts their references into the payload', async () => {
    const ref = `content://${'a'.repeat(64)}`;
    writeFileSync(join(dataDir, 'x.csv'), 'a,b\n');
    serve({
      ...opening,
      'POST /v1/content': json({ ref, sha256: 'a'.repeat(64), sizeBytes: 4 }, 201),
      'POST /v1/intents': json(resultReply()),
    });
    const { stderr } = await run([
      'submit',
      'content.upload',
      '{"uiName":"x"}',
      '--content',
      `contentRef=${dataDir}/x.csv`,
    ]);
    expect(stderr).toContain(`staged x.csv: 4 bytes, ${ref}`);
    expect(JSON.parse(server.asked.at(-1)?.body ?? '').payload).toEqual({ uiName: 'x', contentRef: ref });
    const missing = await run(['submit', 'content.upload', '--content', 'contentRef=/nowhere.csv']);
    expect(missing.stderr).toContain('/nowhere.csv cannot be staged');
    expect(missing.code).toBe(2);
  });

  it.each([
    ['failed', 7],
    ['stuck', 7],
    ['running', 0],
  ])('of what is %s ends with %i', async (status, code) => {
    serve({ 'POST /v1/intents': json(resultReply(status)) });
    expect((await run(['submit', 'a.b', '--session', session.sessionId])).code).toBe(code);
  });

  it('prints the answer as it came with -o json, and its id with -o ids', async () => {
    serve({ 'POST /v1/intents': json(resultReply('completed')) });
    const as = (format: string) => run(['submit', 'a.b', '--session', session.sessionId, '-o', format]);
    expect(JSON.parse((await as('json')).stdout)).toEqual(resultReply('completed'));
    expect((await as('ids')).stdout).toBe(`${executionId}\n`);
  });
});

describe('output', () => {
  const executions = [listed];
  const page = (shown: readonly object[], nextCursor: string | null = null) =>
    json({ scope: 'own', executions: shown, nextCursor });

  it('is an aligned table without colour unless there is a terminal', async () => {
    serve({ 'GET /v1/executions': page(executions, 'c2') });
    const { stdout, stderr } = await run(['list', '--limit', '1']);
    expect(stdout.split('\n')).toEqual([
      'EXECUTION                             INTENT         STATUS     USER     ACCEPTED                  ERROR',
      `${executionId}  content.parse  completed  analyst  2026-11-20T10:00:00.000Z`,
      '',
    ]);
    expect(stderr).toBe('more with --cursor c2\n');
    expect(asked()).toEqual(['GET /v1/executions?limit=1']);
  });

  it('is coloured when asked for, and never when NO_COLOR is set', async () => {
    serve({ 'GET /v1/executions': page(executions) });
    expect((await run(['list'], { FORCE_COLOR: '1' })).stdout).toContain('\u001b[32mcompleted');
    expect((await run(['list'], { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout).not.toContain('\u001b');
  });

  it('keeps the escapes of others out of the terminal', async () => {
    const evil = [{ ...executions[0], intentType: 'x\u001b[2Jy\nz' }];
    serve({ 'GET /v1/executions': page(evil) });
    expect((await run(['list'])).stdout).toContain('x [2Jy z');
  });

  it('survives a reader that has seen enough', async () => {
    const many = Array.from({ length: 20_000 }, () => listed);
    serve({ 'GET /v1/executions': page(many) });
    for (const format of ['table', 'json', 'ids']) {
      const { code, stderr, stdout } = await shell(`intendant list -o ${format} | head -n 1`, environment());
      expect([code, stderr, stdout.split('\n')]).toEqual([0, '', [expect.any(String), '']]);
    }
  });

  it('of a trace is a timeline', async () => {
    const at = (ms: number) => ({ occurredAt: `2026-11-20T10:00:00.${String(ms).padStart(3, '0')}Z` });
    const records = [
      { ...record(1, 'intent.received'), ...at(0), data: { intent: { intentType: 'content.parse' } } },
      { ...record(2, 'execution.completed'), ...at(42) },
    ];
    serve({ [`GET /v1/executions/${executionId}/events`]: json({ executionId, records, nextAfter: null }) });
    const { stdout } = await run(['trace', executionId, '-o', 'json']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(records);
    const { code, stderr } = await run(['trace', executionId]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('not_found')]); // no decision is served
  });
});

describe('signals', () => {
  const reply = {
    executionId,
    signalId: '0190a5d4-7c7b-7000-8000-000000000001',
    decisionId: `dec_${'5'.repeat(32)}`,
    signalType: 'retry_step',
    role: 'engineer',
    appliedSeq: 9,
    status: 'running',
    substatus: null,
    newExecutionId: null,
  };

  it.each([
    [
      ['signal', executionId, 'update_params', '{"params":{"n":1}}', '--reason', 'why'],
      'update_params',
      { params: { n: 1 } },
    ],
    [['pause', executionId], 'pause', {}],
    [['resume', executionId], 'resume', {}],
    [['cancel', executionId, '--reason', 'why'], 'cancel', {}],
    [['claim', executionId], 'claim', {}],
    [['retry', executionId, 'pay'], 'retry_step', { stepId: 'pay' }],
    [['skip', executionId, 'pay'], 'skip_step', { stepId: 'pay' }],
    [['resolve', executionId, 'pay', 'failed'], 'resolve_step', { stepId: 'pay', outcome: 'failed' }],
  ])('%j sends %s', async (args, signalType, payload) => {
    serve({ [`POST /v1/executions/${executionId}/signals`]: json(reply) });
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(stdout).toContain('as engineer');
    const sent = JSON.parse(server.asked.at(-1)?.body ?? '');
    expect(sent).toMatchObject({ signalType, payload, signalId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(sent.reason).toBe(args.includes('--reason') ? 'why' : undefined);
  });

  it('can be named', async () => {
    serve({ [`POST /v1/executions/${executionId}/signals`]: json(reply) });
    await run(['pause', executionId, '--id', reply.signalId]);
    expect(JSON.parse(server.asked.at(-1)?.body ?? '').signalId).toBe(reply.signalId);
  });
});

describe('sagas', () => {
  const step = (stepId: string, status: string, more: object = {}) => ({
    stepId,
    status,
    attempts: status === 'never_started' ? 0 : 1,
    logicalAttempt: 1,
    deliveryAttempt: 1,
    error: null,
    errorOutcome: null,
    planStepId: stepId,
    intent: `bench.${stepId}`,
    capability: { name: `bench.${stepId}`, version: '1.0.0' },
    dependsOn: [],
    pivot: false,
    endedSeq: null,
    compensation: null,
    ...more,
  });
  const undo = { intent: 'bench.release', capability: { name: 'bench.release', version: '1.0.0' }, attempts: 1 };
  const saga = {
    ...resultReply('stuck'),
    substatus: null,
    health: 'needs_attention',
    recovery: 'compensate',
    concurrencyMax: 1,
    steps: [
      step('reserve', 'succeeded', { compensation: { ...undo, status: 'failed', error: null, errorOutcome: null } }),
      step('pay', 'never_started', { dependsOn: ['reserve'], pivot: true }),
    ],
    unwinding: { target: 'compensated', error: null, stepId: null },
    waits: [],
    pausedBecause: null,
    stuckReason: 'the undo of reserve failed',
    lastSeq: 12,
  };

  it('are shown as steps and their undo', async () => {
    serve({ [`GET /v1/sagas/${executionId}`]: json(saga) });
    const { code, stdout } = await run(['saga', executionId]);
    expect(code).toBe(0);
    expect(stdout).toContain('stuck      the undo of reserve failed');
    expect(stdout).toMatch(/reserve +bench.reserve +succeeded +1\n +undo +bench.release +failed +1/);
    expect(stdout).toMatch(/pay \(no way back\) +bench.pay +never_started +0 +reserve/);
  });

  it('that need a person are listed with owner and reason', async () => {
    const one = {
      executionId,
      intentType: 'bench.trip',
      stepId: 'pay',
      reason: 'outcome unknown',
      since: '2026-11-20T10:00:00.000Z',
      submittedBy: 'ann',
      service: 'bench',
      claimedBy: null,
      owner: 'service:bench',
    };
    serve({ 'GET /v1/sagas/stuck': json({ scope: 'tenant', stuck: [one], nextCursor: null }) });
    expect((await run(['stuck'])).stdout).toMatch(/bench.trip +pay +service:bench +\S+ +outcome unknown/);
    expect((await run(['stuck', '-o', 'ids'])).stdout).toBe(`${executionId}\n`);
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
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
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
    expect(server.asked).toHaveLength(2);
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
