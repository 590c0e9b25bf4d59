import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cut, executionId, json, listed, problem, record, resultReply, session } from '@intendant/client/testing';
import { describe, expect, it } from '@jest/globals';
import { intendant, shell } from '../test/command.js';
import { scriptedCommandLine } from '../test/scripted-command-line.js';

const cli = scriptedCommandLine();
const { asked, environment, run, serve } = cli;

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
    [['submit', 'a.b', '--session', session.sessionId, '--key', 'ключ'], 'idempotencyKey must be 1–255 printable'],
    [['show', 'last'], 'nothing was submitted yet'],
    [['session', 'show'], 'no session is in use'],
    [['list', '--url', 'ftp://x'], 'must begin with http:// or https://'],
    [['list', '--refused', '--session', 's'], '--session cannot be used with --refused'],
    [['list', '--refused', '--type', 'a.b', '--status', 'failed'], '--type, --status cannot be used with --refused'],
    [['list', '--refused', '--from', 'a', '--to', 'b'], '--from, --to cannot be used with --refused'],
    [['list', '--refused', '--cursor', 'abc'], '--cursor with --refused is the whole number that an earlier page told'],
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

  it('of a cli.server that is not there end with 6 and no stack trace', async () => {
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
      `opened session ${session.sessionId}, kept for further commands in ${cli.dataDir}/cli.json\n`,
    );
    expect(first.stdout).toContain(`execution  ${executionId}\nintent     content.parse\nstatus     completed\n`);
    const sent = cli.server.asked.at(-1);
    expect(sent?.headers).toMatchObject({ 'idempotency-key': 'k1', prefer: 'wait=5' });
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({ sessionId: session.sessionId, payload: { fileId: 'file_1' } });
    expect((await run(['submit', 'content.parse', '-'], {}, '{"fileId":"file_2"}')).stderr).toBe('');
    expect((await run(['result', 'last', '-o', 'ids'])).code).toBe(0);
    expect(asked().filter((one) => one === 'POST /v1/sessions')).toHaveLength(1);
  });

  it('takes standard input as it is, wherever the pipe cuts a character, and refuses what is not UTF-8', async () => {
    serve({ 'POST /v1/intents': json(resultReply()) });
    const submit = (input: string | Buffer) => run(['submit', 'a.b', '-', '--session', session.sessionId], {}, input);
    const payload = { text: '\u20ac'.repeat(200_000) };
    expect(await submit(JSON.stringify(payload))).toMatchObject({ code: 0 });
    expect(JSON.parse(cli.server.asked.at(-1)?.body ?? '').payload).toEqual(payload);
    const latin1 = Buffer.from('{"name":"M\u00fcller"}', 'latin1');
    const refused = { code: 2, stderr: 'the payload: body is not valid UTF-8\n' };
    expect(await submit(latin1)).toMatchObject(refused);
    writeFileSync(join(cli.dataDir, 'latin1.json'), latin1);
    const fromFile = await run(['submit', 'a.b', `@${cli.dataDir}/latin1.json`, '--session', session.sessionId]);
    expect(fromFile).toMatchObject(refused);
    expect(cli.server.asked).toHaveLength(1);
  });

  it('names the tags whose steps are to be left out, to be judged and to be run', async () => {
    serve({ ...opening, 'POST /v1/intents': json(resultReply()), 'POST /v1/intents/validate': json({}) });
    for (const command of ['submit', 'validate']) {
      await run([command, 'a.b', '--skip-tag', 'notify', '--skip-tag', 'audit']);
      expect(JSON.parse(cli.server.asked.at(-1)?.body ?? '')).toMatchObject({ skipTags: ['notify', 'audit'] });
    }
    await run(['submit', 'a.b']);
    expect(JSON.parse(cli.server.asked.at(-1)?.body ?? '')).not.toHaveProperty('skipTags');
  });

  it('replaces a session that is closed', async () => {
    const closed = { ...session, sessionId: `ses_${'9'.repeat(32)}`, status: 'closed' };
    const remembered = { [cli.server.url]: { sessions: { 't_showcase/analyst': closed.sessionId } } };
    writeFileSync(join(cli.dataDir, 'cli.json'), JSON.stringify(remembered));
    const answers = { [`GET /v1/sessions/${closed.sessionId}`]: json(closed), 'POST /v1/intents': json(resultReply()) };
    serve({ ...opening, ...answers });
    const { stderr } = await run(['submit', 'content.parse']);
    expect(stderr).toContain(`opened session ${session.sessionId}`);
  });

  it('keeps what it remembers among the settings where there is no data directory', async () => {
    rmSync(cli.dataDir, { recursive: true });
    const home = mkdtempSync(join(tmpdir(), 'intendant-home-'));
    serve(opening);
    await run(['session', 'open'], { XDG_CONFIG_HOME: home });
    const kept = JSON.parse(readFileSync(join(home, 'intendant', 'cli.json'), 'utf8'));
    rmSync(home, { recursive: true });
    expect(kept).toEqual({ [cli.server.url]: { sessions: { 't_showcase/analyst': session.sessionId } } });
  });

  it('is no failure when nothing can be remembered: what was accepted is told', async () => {
    const settings = join(cli.dataDir, 'file');
    writeFileSync(settings, '');
    serve({ ...opening, 'POST /v1/intents': json(resultReply('completed')) });
    const nowhere = { INTENDANT_DATA_DIR: join(cli.dataDir, 'none'), XDG_CONFIG_HOME: settings };
    const { code, stdout, stderr } = await run(['submit', 'a.b', '-o', 'ids'], nowhere);
    expect([code, stdout]).toEqual([0, `${executionId}\n`]);
    expect(stderr).toContain('not remembered for further commands: ');
    expect(stderr).toContain(`opened session ${session.sessionId}, for --session of further commands\n`);
    expect(stderr).not.toContain('--key');
  });

  it('stages files and puts their references into the payload', async () => {
    const ref = `content://${'a'.repeat(64)}`;
    writeFileSync(join(cli.dataDir, 'x.csv'), 'a,b\n');
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
      `contentRef=${cli.dataDir}/x.csv`,
    ]);
    expect(stderr).toContain(`staged x.csv: 4 bytes, ${ref}`);
    expect(JSON.parse(cli.server.asked.at(-1)?.body ?? '').payload).toEqual({ uiName: 'x', contentRef: ref });
    const missing = await run(['submit', 'content.upload', '--content', 'contentRef=/nowhere.csv']);
    expect(missing.stderr).toContain('/nowhere.csv cannot be staged');
    const folder = await run(['submit', 'content.upload', '--content', `contentRef=${cli.dataDir}`]);
    expect(folder).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a regular file') });
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

  it.each([
    ['is lost', cut, 6],
    ['leaves it open', problem(503, 'outcome_unknown', 'same_key'), 6],
    ['is that of something in between', problem(502, 'http_502', 'never'), 1],
  ])('tells the key when the answer %s, so that the next one is no second execution', async (_what, answer, exit) => {
    serve({ 'POST /v1/intents': answer });
    const submit = (...more: string[]) =>
      run(['submit', 'a.b', '--session', session.sessionId, '--retry-for', '0', ...more]);
    const { code, stderr } = await submit();
    const sent = cli.server.asked.at(-1)?.headers['idempotency-key'] as string;
    expect(stderr).toContain(`add --key ${sent}\n`);
    expect(code).toBe(exit);
    expect((await submit('--key', sent)).stderr).not.toContain('--key');
    expect(cli.server.asked.at(-1)?.headers['idempotency-key']).toBe(sent);
  });

  it('tells the key when the wait for what was accepted fails', async () => {
    serve({ 'POST /v1/intents': json(resultReply('running')), [`GET /v1/executions/${executionId}/status`]: cut });
    const args = ['submit', 'a.b', '--session', session.sessionId, '--wait', '2m', '--retry-for', '0'];
    expect((await run(args)).stderr).toContain('add --key ');
  });

  it('tells no key of what was refused', async () => {
    serve({ 'POST /v1/intents': problem(422, 'contract_violation', 'never') });
    expect((await run(['submit', 'a.b', '--session', session.sessionId])).stderr).not.toContain('--key');
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

  it('tells who was refused what: an intent, or an operation and of which', async () => {
    const refusal = {
      refusalId: `rfs_${'0f'.repeat(16)}`,
      code: 'action_not_permitted',
      detail: 'no rule permits this action',
      field: null,
      mismatches: null,
      actor: 'user:analyst',
      action: 'replay.request',
      targetId: executionId,
      intentType: null,
      payloadDigest: null,
      decisionId: null,
      correlationId: null,
      occurredAt: '2026-11-20T10:00:00.000Z',
      counted: null,
    };
    const intent = { ...refusal, action: null, targetId: null, intentType: 'content.parse' };
    serve({
      'GET /v1/refusals': json({ refusals: [refusal, intent], nextBefore: null }),
      [`GET /v1/refusals/${refusal.refusalId}`]: json({ ...refusal, records: [] }),
    });
    const { stdout } = await run(['list', '--refused']);
    expect(stdout).toContain(`action_not_permitted  replay.request ${executionId}  user:analyst`);
    expect(stdout).toMatch(/action_not_permitted {2}content\.parse +user:analyst/);
    const shown = (await run(['show', refusal.refusalId])).stdout;
    expect(shown).toMatch(/action +replay\.request/);
    expect(shown).toContain(executionId);
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

  it('keeps control characters that JSON may carry as themselves out of it, too, and their value in the JSON', async () => {
    const evil = 'a\u007fb\u009b2Jc\u202ed\u2028e\u{e0001}f';
    const raw = /[\u007f-\u009f\u202e\u2028\u{e0001}]/u;
    const reply = {
      ...resultReply('failed'),
      error: { code: 'made_up', message: evil, retryable: false, details: { evil } },
    };
    serve({ [`GET /v1/executions/${executionId}/result`]: json(reply) });
    const asJson = await run(['result', executionId, '-o', 'json']);
    expect(asJson.stderr).toBe('');
    expect(asJson.stdout).not.toMatch(raw);
    expect(JSON.parse(asJson.stdout)).toEqual(reply);
    const asTable = await run(['result', executionId]);
    expect(asTable.stdout).toContain('a\\u007fb\\u009b2Jc\\u202ed\\u2028e\\udb40\\udc01f');
    serve({ [`GET /v1/executions/${executionId}/result`]: problem(404, 'not_found', 'never', { detail: evil }) });
    const failed = await run(['result', executionId]);
    expect([failed.stderr.includes('not_found: a b 2Jc d e f'), raw.test(failed.stderr)]).toEqual([true, false]);
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
