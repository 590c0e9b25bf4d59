import { expect } from '@jest/globals';
import { type Answer, typesOf, type User, until } from '../e2e/cluster.js';

const TERMINAL = ['execution.completed', 'execution.failed', 'execution.stuck'];

export interface RunningLoad {
  /** Intents acknowledged so far. */
  readonly count: () => number;
  /** Longest time between two acknowledgements so far, in milliseconds. */
  readonly longestGapMs: () => number;
  /** Ends it; keys and executions of everything that was acknowledged. */
  stop(): Promise<ReadonlyMap<string, string>>;
}

/** Clients that submit under keys until something definite is answered, asking one replica after the other. */
export function startLoad(name: string, users: readonly User[], sessionId: string, clients = 8): RunningLoad {
  const acknowledged = new Map<string, string>();
  let going = true;
  let keys = 0;
  let asked = 0;
  let lastMs = Date.now();
  let longestGapMs = 0;
  // for as long as a test may take: whether it goes on, goesOn says
  const submit = async (key: string): Promise<string> =>
    until(
      `${key} is acknowledged`,
      async () => {
        asked += 1;
        const user = users[asked % users.length] as User;
        const payload = { key, waitMs: key.endsWith('3') ? 40 : 0 };
        const answer = await user.submit(sessionId, 'bench.echo', payload, { 'idempotency-key': key });
        return answer.status === 202 ? (answer.body.executionId as string) : undefined;
      },
      600_000,
    );
  const client = async (): Promise<void> => {
    while (going) {
      keys += 1;
      const key = `${name}-${keys}`;
      acknowledged.set(key, await submit(key));
      const nowMs = Date.now();
      longestGapMs = Math.max(longestGapMs, nowMs - lastMs);
      lastMs = nowMs;
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    count: () => acknowledged.size,
    longestGapMs: () => longestGapMs,
    stop: async () => {
      going = false;
      await Promise.all(running);
      return acknowledged;
    },
  };
}

/** Resolves when so many more were acknowledged. */
export const goesOn = (load: RunningLoad, more: number): Promise<true> => {
  const wanted = load.count() + more;
  return until(`${more} more are acknowledged`, () => (load.count() >= wanted ? true : undefined));
};

/** The first answer that is not `ask again later`, as clients of partitions that move look for it. */
const answered = (what: string, ask: () => Promise<Answer>): Promise<Answer> =>
  until(what, async () => {
    const answer = await ask();
    return answer.status === 503 ? undefined : answer;
  });

/** The records of an execution whose partition may be moving. */
export async function recordsOf(executionId: string, user: User): Promise<Awaited<ReturnType<User['records']>>> {
  const path = `/v1/executions/${executionId}/events?limit=1000`;
  return (await answered(`records of ${executionId}`, () => user.get(path))).body.records;
}

/** Every acknowledged intent is one execution that settled once, with its own result, in a log that validates. */
export async function expectAllSound(
  acknowledged: ReadonlyMap<string, string>,
  analyst: User,
  auditor: User,
): Promise<void> {
  expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
  const check = async ([key, executionId]: [string, string]): Promise<void> => {
    expect(await analyst.settled(executionId)).toMatchObject({ executionId, status: 'completed' });
    const records = await recordsOf(executionId, analyst);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_record, index) => index + 1));
    expect(typesOf(records).filter((type) => TERMINAL.includes(type))).toHaveLength(1);
    const artifacts = records.filter(({ type }) => type === 'artifact.recorded');
    expect(artifacts.map(({ data }) => data.artifact.semanticPayload.key)).toEqual([key]);
    const path = `/v1/executions/${executionId}/validate`;
    const validation = await answered(`${executionId} is validated`, () => auditor.post(path));
    expect(validation.body).toMatchObject({ valid: true });
  };
  const all = [...acknowledged];
  for (let from = 0; from < all.length; from += 16) await Promise.all(all.slice(from, from + 16).map(check));
}
