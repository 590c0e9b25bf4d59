import { IntendantClient } from '@intendant/client';
import { type Credentials, credentialsOf, dataDirOf } from './credentials.js';
import { Memory, memoryFileOf } from './memory.js';
import { jsonText, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

export const FORMATS = ['table', 'json', 'ids'] as const;
export type Format = (typeof FORMATS)[number];

export interface GlobalOptions {
  readonly url?: string;
  readonly token?: string;
  readonly as?: string;
  readonly dataDir?: string;
  readonly output: Format;
  /** Seconds within which a call that may work later is repeated. */
  readonly retryFor: number;
}

export const DEFAULT_URL = 'http://127.0.0.1:7400';

/** Three renderings of one answer; only the one that is wanted is made. */
export interface Renderings {
  /** Exactly what the API answered. */
  readonly json: unknown;
  readonly table: () => readonly string[];
  readonly ids: () => readonly string[];
}

/** One run of the program: its options, its terminal, and the connection it makes when a command needs one. */
export class Invocation {
  #client: IntendantClient | undefined;
  #credentials: Credentials | undefined;

  constructor(
    readonly options: GlobalOptions,
    readonly terminal: Terminal,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  get format(): Format {
    return this.options.output;
  }
  get palette(): Terminal['palette'] {
    return this.terminal.palette;
  }
  get dataDir(): string {
    return dataDirOf(this.options, this.env);
  }
  get url(): string {
    const url = this.options.url ?? (this.env.INTENDANT_URL || DEFAULT_URL);
    if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
      throw new UsageError(`the URL must begin with http:// or https://, not ${url}`);
    return url;
  }

  async client(): Promise<IntendantClient> {
    const { url } = this;
    const { token } = await this.#identify();
    this.#client ??= new IntendantClient({ url, token, retry: { deadlineMs: this.options.retryFor * 1_000 } });
    return this.#client;
  }

  async memory(): Promise<Memory> {
    const { identity } = await this.#identify();
    const who = identity === null ? 'unknown' : `${identity.tenantId}/${identity.userId}`;
    return new Memory(memoryFileOf(this.dataDir, this.env), this.url, who, (text) => this.note(text));
  }

  /** `last` is the execution submitted last to this server. */
  async executionId(given: string): Promise<string> {
    if (given !== 'last') return given;
    const executionId = (await this.memory()).lastExecutionId;
    if (executionId === undefined) throw new UsageError('nothing was submitted yet, so there is no last execution');
    return executionId;
  }

  print({ json, table, ids }: Renderings): void {
    const lines = this.format === 'json' ? [jsonText(json, 2)] : this.format === 'ids' ? ids() : table();
    for (const line of lines) this.terminal.line(line);
  }

  note(text: string): void {
    this.terminal.note(text);
  }

  async close(): Promise<void> {
    await this.#client?.destroy();
  }

  async #identify(): Promise<Credentials> {
    if (this.#credentials !== undefined) return this.#credentials;
    this.#credentials = await credentialsOf(this.options, this.env);
    if (this.#credentials.notice !== null) this.note(this.#credentials.notice);
    return this.#credentials;
  }
}
