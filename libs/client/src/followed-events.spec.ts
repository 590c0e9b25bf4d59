import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { IntendantClient, StillRunning, UnexpectedReply } from './index.js';
import { executionId, record, resultReply, statusReply } from './testing/example-replies.js';
import { events, json, problem, ScriptedServer } from './testing/scripted-server.js';
import { VirtualTime } from './testing/virtual-time.js';

const TIMEOUT_MS = 12_345;

let server: ScriptedServer;
let time: VirtualTime;
let client: IntendantClient;
beforeEach(async () => {
  server = await new ScriptedServer().start();
  time = new VirtualTime([TIMEOUT_MS]);
  client = new IntendantClient({ url: server.url, token: 'tok', ports: time.ports });
});
afterEach(async () => {
  await client.destroy();
  await server.stop();
});

async function seqsOf(records: AsyncIterable<{ seq: number }>): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of records) seqs.push(seq);
  return seqs;
}
const askedAfter = (): unknown[] => server.asked.map(({ headers }) => headers['last-event-id']);

describe('the event stream', () => {
  it('ends with the terminal record, whatever the server does then', async () => {
    server.script(events([record(1), record(2), record(3, 'execution.completed')], 'stay'));
    expect(await seqsOf(client.stream(executionId))).toEqual([1, 2, 3]);
  });

  it('goes on after a cut connection where it was, without repeating a record', async () => {
    server.script(
      events([record(1), record(2)], 'cut'),
      events([record(2), record(3)], 'cut'),
      events([record(4, 'execution.failed')]),
    );
    expect(await seqsOf(client.stream(executionId))).toEqual([1, 2, 3, 4]);
    expect(askedAfter()).toEqual(['0', '2', '3']);
    expect(time.waits).toEqual([250, 250]);
  });

  it('goes on after an end in the middle, as a draining server makes it', async () => {
    server.script(
      events([record(1)]),
      json(statusReply('running', 1)),
      problem(503, 'shutting_down', 'later'),
      events([record(2, 'execution.stuck')]),
      json(statusReply('stuck', 2)),
    );
    expect(await seqsOf(client.stream(executionId))).toEqual([1, 2]);
  });

  it('goes on with an execution that was stuck and has been taken up again', async () => {
    server.script(
      events([record(1), record(2, 'execution.stuck')]),
      json(statusReply('running', 3)),
      events([record(3, 'execution.resumed'), record(4, 'execution.completed')]),
    );
    expect(await seqsOf(client.stream(executionId))).toEqual([1, 2, 3, 4]);
  });

  it('is over at once when everything is known already', async () => {
    server.script(events([]), json(statusReply('completed', 9)));
    expect(await seqsOf(client.stream(executionId, { after: 9 }))).toEqual([]);
    expect(askedAfter()[0]).toBe('9');
  });

  it('ends when the signal aborts', async () => {
    server.script(events([record(1)], 'stay'));
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const { seq } of client.stream(executionId, { signal: stop.signal })) {
      seen.push(seq);
      stop.abort();
    }
    expect(seen).toEqual([1]);
  });

  it('throws what the server refuses', async () => {
    server.script(problem(404, 'not_found', 'never'));
    await expect(seqsOf(client.stream(executionId))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('throws at an event that is no record', async () => {
    server.script(events([{ seq: 'x', type: 'step.started' } as never], 'stay'));
    await expect(seqsOf(client.stream(executionId))).rejects.toBeInstanceOf(UnexpectedReply);
  });

  it('stays with an execution that waits, however often a healthy connection to it is cut', async () => {
    let nowMs = 0;
    const aMinuteLaterEachTime = { nowMs: () => (nowMs += 60_000) };
    const patient = new IntendantClient({
      url: server.url,
      token: 'tok',
      ports: { ...time.ports, clock: aMinuteLaterEachTime },
    });
    server.script(...Array.from({ length: 40 }, () => events([], 'cut')), events([record(1, 'execution.completed')]));
    expect(await seqsOf(patient.stream(executionId))).toEqual([1]);
    await patient.destroy();
  });

  it('gives a server up that ends every stream at once', async () => {
    server.script((response, asked) =>
      (asked.path.endsWith('/events') ? events([]) : json(statusReply('running', 5)))(response, asked),
    );
    await expect(seqsOf(client.stream(executionId))).rejects.toBeInstanceOf(UnexpectedReply);
  });
});

describe('waitFor', () => {
  it('gives the result of a settled execution without a stream', async () => {
    server.script(json(statusReply('completed', 9)), json(resultReply('completed')));
    await expect(client.waitFor(executionId)).resolves.toEqual(resultReply('completed'));
    expect(server.asked).toHaveLength(2);
  });

  it('follows from the last record until the end', async () => {
    server.script(
      json(statusReply('running', 3)),
      events([record(4, 'execution.completed')]),
      json(resultReply('completed')),
    );
    await expect(client.waitFor(executionId, { timeoutMs: TIMEOUT_MS })).resolves.toMatchObject({
      status: 'completed',
    });
    expect(askedAfter()[1]).toBe('3');
  });

  it.each([Number.NaN, -1])('refuses a time of %p', async (timeoutMs) => {
    await expect(client.waitFor(executionId, { timeoutMs })).rejects.toThrow('timeoutMs must be');
    expect(server.asked).toEqual([]);
  });

  it('throws when the time is over', async () => {
    server.script(json(statusReply('running', 3)), (response, asked) => {
      events([], 'stay')(response, asked);
      for (const timeOver of time.held) timeOver();
    });
    const error = await client.waitFor(executionId, { timeoutMs: TIMEOUT_MS }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StillRunning);
    expect(error).toMatchObject({ executionId, waitedMs: TIMEOUT_MS });
  });
});
