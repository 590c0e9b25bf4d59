import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Lab, type LabOptions, startLab } from '@intendant/lab';
import { request } from 'undici';

/** A file of examples/data. */
export const dataFile = (name: string): string => fileURLToPath(new URL(`../../examples/data/${name}`, import.meta.url));

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly body: any;
}

/** One user's view of a running cluster over HTTP. */
export class User {
  constructor(
    private readonly url: string,
    readonly token: string,
  ) {}

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const isBytes = body instanceof Uint8Array || typeof body === 'string';
    const answer = await request(this.url + path, {
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
  post = (path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> => this.call('POST', path, body, headers);

  async session(): Promise<string> {
    return (await this.post('/v1/sessions', {})).body.sessionId;
  }

  async stage(name: string): Promise<{ ref: string; sha256: string; sizeBytes: number }> {
    return (await this.post('/v1/content', await readFile(dataFile(name)))).body;
  }

  /** Submits and waits for the end. */
  run(sessionId: string, intentType: string, payload: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post('/v1/intents', { sessionId, intentType, payload }, { prefer: 'wait=30', ...headers });
  }
}

/** Starts a cluster of its own on free ports in a fresh directory. */
export async function startCluster(options: Partial<LabOptions> = {}): Promise<{ lab: Lab; user: (tenantId: string, userId: string, ...roles: string[]) => Promise<User> }> {
  const lab = await startLab({ dataDir: mkdtempSync(join(tmpdir(), 'intendant-e2e-')), ...options });
  return { lab, user: async (tenantId, userId, ...roles) => new User(lab.url, await lab.token({ tenantId, userId, roles })) };
}
