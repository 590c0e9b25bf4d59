import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { User } from './cluster.js';

const HISTORIES = fileURLToPath(new URL('../../examples/testing/fixtures/histories', import.meta.url));

/** INTENDANT_WRITE_FIXTURES=1 keeps those that are missing, and only those. */
const WRITES = process.env.INTENDANT_WRITE_FIXTURES === '1';

/** Keeps executions of the examples, with the bytes that their handlers read, for examples/testing/recorded-history.ts. */
export class HistoryKeeper {
  readonly #references = new Map<string, object>();

  constructor(
    private readonly user: User,
    private readonly auditor: User,
  ) {}

  async keep(intentType: string, executionId: string): Promise<void> {
    if (!WRITES) return;
    const { body } = await this.auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'events_only' });
    const records: { readonly type: string; readonly data: Record<string, unknown> }[] = body.records;
    const decided = records.find((record) => record.type === 'policy.decided')?.data['decision'] as {
      readonly obligations: { readonly allowedReferences: readonly string[] };
    };
    const file = join(HISTORIES, `${intentType}.json`);
    mkdirSync(join(HISTORIES, 'content'), { recursive: true });
    if (!existsSync(file)) {
      const { allowedReferences } = decided.obligations;
      const references = await Promise.all(allowedReferences.map((reference) => this.#known(reference)));
      writeFileSync(file, `${JSON.stringify({ executionId, references, records }, null, 1)}\n`);
      for (const sha256 of JSON.stringify(references).match(/(?<=content:\/\/)[0-9a-f]{64}/g) ?? [])
        await this.#keepContent(sha256);
    }
    this.#learn(records);
  }

  /** As the Runtime resolves it for a call. */
  async #known(reference: string): Promise<object> {
    const found = this.#references.get(reference);
    if (found !== undefined) return found;
    const sha256 = reference.slice('content://'.length);
    const content = { ref: reference, sha256, sizeBytes: await this.#keepContent(sha256) };
    return { reference, content, artifact: null };
  }

  #learn(records: readonly { readonly type: string; readonly data: Record<string, unknown> }[]): void {
    for (const { type, data } of records) {
      if (type !== 'artifact.recorded') continue;
      const artifact = data['artifact'] as { artifactId: string; renderings: { content: object }[] };
      const reference = artifact.artifactId;
      this.#references.set(reference, { reference, content: artifact.renderings[0]?.content ?? null, artifact });
    }
  }

  async #keepContent(sha256: string): Promise<number> {
    const { status, body } = await this.user.get(`/v1/content/${sha256}`);
    if (status !== 200) throw new Error(`${sha256}: ${JSON.stringify(body)}`);
    writeFileSync(join(HISTORIES, 'content', sha256), body as string);
    return Buffer.byteLength(body as string);
  }
}
