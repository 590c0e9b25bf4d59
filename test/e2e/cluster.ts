import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Lab, type LabOptions, labServices, startLab } from '@intendant/lab';
import { Agent, request } from 'undici';

/** A file of examples/data. */
export const dataFile = (name: string): string =>
  fileURLToPath(new URL(`../../examples/data/${name}`, import.meta.url));

/** How long a test waits for what must come; a busy machine is given its time. */
export const WAIT_MS_MAX = 180_000;

/** Smart City is given its time, too, unless a test is about what happens without it. */
const PATIENT = { INTENDANT_POLICY_DEADLINE_MS: '10000' };

/** No waiting on a connection that a killed process left behind. */
const agent = new Agent({ keepAliveTimeout: 1_000, pipelining: 1 });

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly body: any;
}

/** One user's view of a running cluster over HTTP. */
export class User {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  /** Lists that do not know yet of what they are to wait for say so after a while: they are asked again, as they ask for. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    for (const endMs = Date.now() + WAIT_MS_MAX; ; await pause(100)) {
      const answer = await this.#ask(method, path, body, headers);
      if (!isBehind(answer) || Date.now() >= endMs) return answer;
    }
  }

  async #ask(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
    const isBytes = body instanceof Uint8Array || typeof body === 'string';
    const answer = await request(this.url + path, {
      dispatcher: agent,
      method: method as 'GET',
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : isBytes ? (body as Uint8Array) : JSON.stringify(body),
    });
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  }

  get = (path: string, headers?: Record<string, string>): Promise<Answer> => this.call('GET', path, undefined, headers);
  post = (path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
    this.call('POST', path, body, headers);

  async session(): Promise<string> {
    return (await this.post('/v1/sessions', {})).body.sessionId;
  }

  async stage(name: string): Promise<{ ref: string; sha256: string; sizeBytes: number }> {
    return (await this.post('/v1/content', await readFile(dataFile(name)))).body;
  }

  /** Submits and waits for the end. */
  run(sessionId: string, intentType: string, payload: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post('/v1/intents', { sessionId, intentType, payload }, { prefer: 'wait=60', ...headers });
  }

  /** Submits and does not wait. */
  submit(
    sessionId: string,
    intentType: string,
    payload: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.post('/v1/intents', { sessionId, intentType, payload }, headers);
  }

  /** The execution's records, in their order. */
  async records(executionId: string): Promise<readonly EventRecord[]> {
    return (await this.get(`/v1/executions/${executionId}/events?limit=1000`)).body.records;
  }

  /** What the tenant's log says of replays and validations of `target`. */
  async audited(target: string): Promise<readonly EventRecord[]> {
    const recordsOf = async (type: string): Promise<readonly EventRecord[]> =>
      (await this.get(`/v1/wal/records?type=${type}&limit=200&waitFor=audit`)).body.records;
    const requested = (await recordsOf('replay.requested')).filter(({ data }) => data.target === target);
    const ids = new Set(requested.map(({ data }) => data.replayId));
    const completed = (await recordsOf('replay.completed')).filter(({ data }) => ids.has(data.replayId));
    return [...requested, ...completed].sort((one, other) => one.seq - other.seq);
  }

  /** The execution's view once it has settled. */
  settled(executionId: string, deadlineMs = WAIT_MS_MAX): Promise<Answer['body']> {
    return until(
      `${executionId} settles`,
      async () => {
        const { status, body } = await this.get(`/v1/executions/${executionId}`);
        return status === 200 && ['completed', 'failed', 'stuck', 'compensated', 'cancelled'].includes(body.status)
          ? body
          : undefined;
      },
      deadlineMs,
    );
  }

  /** A number of the Prometheus page, all labels summed. */
  async metric(name: string): Promise<number> {
    const lines = String((await this.get('/metrics')).body).split('\n');
    const values = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }
}

export interface EventRecord {
  readonly seq: number;
  readonly occurredAt: string;
  readonly type: string;
  readonly tenantId: string;
  readonly executionId: string | null;
  readonly correlationId: string | null;
  readonly actor: string;
  // biome-ignore lint/suspicious/noExplicitAny: looked into field by field
  readonly data: any;
}

const isBehind = ({ status, body }: Answer): boolean =>
  status === 503 && body.code === 'read_model_unavailable' && body.lagEntries !== undefined;

export const typesOf = (records: readonly EventRecord[]): string[] => records.map((record) => record.type);

/** The first value of `probe` that is not undefined; a probe that throws is tried again. Fails when time is over. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  deadlineMs = WAIT_MS_MAX,
): Promise<T> {
  const endMs = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= endMs) throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
    await pause(25);
  }
}

export interface Cluster {
  readonly lab: Lab;
  user(tenantId: string, userId: string, ...roles: string[]): Promise<User>;
  pidOf(name: string): number;
  /** Kills a process at once; resolves with the next one's pid when that is ready. */
  kill(name: string): Promise<number>;
  /** Does `work` while there is no such process: ends it, and whichever is started in its place; then one is ready again. */
  without<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Every line the processes have logged, made readable. */
  readonly lines: readonly string[];
}

/** Starts a cluster of its own on free ports in a fresh directory, unless one is given. */
export async function startCluster(options: Partial<LabOptions> = {}): Promise<Cluster> {
  const lines: string[] = [];
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'intendant-e2e-'));
  const env = { ...PATIENT, ...options.env };
  const lab = await startLab({ onLine: (line) => lines.push(line), ...options, env, dataDir });
  const pidOf = (name: string): number => {
    const pid = lab.processes.find((one) => one.name === name)?.pid;
    if (pid === undefined) throw new Error(`${name} is not running`);
    return pid;
  };
  return {
    lab,
    lines,
    pidOf,
    user: async (tenantId, userId, ...roles) => new User(lab.url, await lab.token({ tenantId, userId, roles })),
    kill: (name) => {
      const pid = pidOf(name);
      const next = lab.restartOf(name, pid);
      process.kill(pid, 'SIGKILL');
      return next;
    },
    without: async (name, work) => {
      const down = keptDown(lab, name);
      try {
        return await work();
      } finally {
        await lab.restartOf(name, await down.end());
      }
    },
  };
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

/** Ends every process of this name as soon as it is there; `end` tells the pid of the last one. */
function keptDown(lab: Lab, name: string): { end(): Promise<number | undefined> } {
  let last: number | undefined;
  let isOver = false;
  const keep = async (): Promise<void> => {
    while (!isOver) {
      const pid = lab.processes.find((one) => one.name === name)?.pid;
      if (pid !== undefined && pid !== last) endNow(pid);
      last = pid ?? last;
      await pause(10);
    }
  };
  const keeping = keep();
  return {
    end: async () => {
      isOver = true;
      await keeping;
      return last;
    },
  };
}

/** The lab's platform without its domain services. */
export const platformServices = labServices.filter((service) => service.stage !== 'participant');
