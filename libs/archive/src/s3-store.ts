import { AwsClient } from 'aws4fetch';
import { assertKey, ObjectExists, type ObjectStore, ObjectStoreFailed } from './object-store.js';

export interface S3Settings {
  /** `https://host[:port]` of the API; the bucket becomes the first part of the path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** How long one request may take. */
  readonly timeoutMs?: number;
  /** Keys that one answer of a listing may hold; as many as the server likes unless told. */
  readonly pageKeysMax?: number;
}

const TIMEOUT_MS = 60_000;
/** Tries of one request that the server failed at or did not answer. */
const RETRIES_MAX = 3;

/** What the server answers when the condition of a put does not hold, or when two such puts met. */
const TAKEN = [409, 412];

/** Objects in a bucket behind the S3 API, addressed by path. */
export class S3Store implements ObjectStore {
  readonly place: string;
  readonly #client: AwsClient;

  constructor(private readonly settings: S3Settings) {
    const { endpoint, bucket, region, accessKeyId, secretAccessKey } = settings;
    this.place = `${endpoint.replace(/\/+$/, '')}/${bucket}`;
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: RETRIES_MAX });
  }

  /** Asks for a conditional put. A server that does not know it overwrites: so what stands there is compared first. */
  async put(key: string, bytes: Buffer): Promise<void> {
    if (await this.#isThere(key, bytes)) return;
    const response = await this.#fetch('PUT', this.#urlOf(key), {
      body: new Uint8Array(bytes),
      headers: { 'if-none-match': '*', 'content-type': 'application/octet-stream' },
    });
    const { status } = response;
    await this.#textOf(response);
    if (status === 200) return;
    // a put of ours whose answer was lost before it was tried again is met here, too
    if (TAKEN.includes(status) && (await this.#isThere(key, bytes))) return;
    throw new ObjectStoreFailed(`${this.place}/${key}: put was answered with ${status}`);
  }

  /** Throws {@link ObjectExists} for other bytes. */
  async #isThere(key: string, bytes: Buffer): Promise<boolean> {
    const found = await this.get(key);
    if (found !== null && !found.equals(bytes)) throw new ObjectExists(key);
    return found !== null;
  }

  async get(key: string): Promise<Buffer | null> {
    const response = await this.#fetch('GET', this.#urlOf(key));
    if (response.status === 200) return this.#bytesOf(response);
    await this.#refuseUnlessMissing(response, `get ${key}`);
    return null;
  }

  async has(key: string): Promise<boolean> {
    const response = await this.#fetch('HEAD', this.#urlOf(key));
    if (response.status === 200) return true;
    await this.#refuseUnlessMissing(response, `head ${key}`);
    return false;
  }

  async list(prefix: string): Promise<readonly string[]> {
    const { pageKeysMax } = this.settings;
    const keys: string[] = [];
    for (let token: string | null = null; ; ) {
      const query = new URLSearchParams({ 'list-type': '2', prefix });
      if (pageKeysMax !== undefined) query.set('max-keys', String(pageKeysMax));
      if (token !== null) query.set('continuation-token', token);
      const response = await this.#fetch('GET', `${this.place}?${query.toString()}`);
      const page = await this.#textOf(response);
      if (response.status !== 200) throw this.#refusal(`list ${prefix}`, response.status, page);
      // keys are of `assertKey`, so that nothing in them is escaped
      keys.push(...Array.from(page.matchAll(/<Key>([^<]*)<\/Key>/g), (match) => match[1] as string));
      if (!page.includes('<IsTruncated>true</IsTruncated>')) return keys.sort();
      token = unescaped(/<NextContinuationToken>([^<]+)</.exec(page)?.[1] ?? null);
      if (token === null) throw this.#refusal(`list ${prefix}`, response.status, 'a page without the next one');
    }
  }

  #urlOf(key: string): string {
    assertKey(key);
    return `${this.place}/${key}`;
  }

  /** 404 means missing, except for the bucket itself. */
  async #refuseUnlessMissing(response: Response, what: string): Promise<void> {
    const text = await this.#textOf(response);
    if (response.status !== 404 || text.includes('NoSuchBucket')) throw this.#refusal(what, response.status, text);
  }

  #refusal(what: string, status: number, text: string): ObjectStoreFailed {
    const code = /<Code>([^<]{1,64})<\/Code>/.exec(text)?.[1];
    return new ObjectStoreFailed(`${this.place}: ${what} was answered with ${status}${code ? ` ${code}` : ''}`);
  }

  async #fetch(method: string, url: string, more: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.timeout(this.settings.timeoutMs ?? TIMEOUT_MS);
    return this.#orFail(method, () => this.#client.fetch(url, { method, signal, ...more }));
  }

  async #bytesOf(response: Response): Promise<Buffer> {
    return Buffer.from(await this.#orFail('the answer', () => response.arrayBuffer()));
  }

  #textOf(response: Response): Promise<string> {
    return this.#orFail('the answer', () => response.text());
  }

  async #orFail<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw new ObjectStoreFailed(`${this.place}: ${what} failed`, error);
    }
  }
}

const unescaped = (text: string | null): string | null =>
  text === null
    ? null
    : text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
