import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ContentDescriptor } from '@intendant/intent-model';
import { StepFailure } from '@intendant/participant';

/** Bytes by their digests; they outlive processes as a content store does. */
export class WorldContent {
  readonly #bytes = new Map<string, Buffer>();

  async write(bytes: Readable | Uint8Array | string): Promise<ContentDescriptor> {
    const chunks: Buffer[] = [];
    if (typeof bytes === 'string' || bytes instanceof Uint8Array) chunks.push(Buffer.from(bytes as Uint8Array));
    else for await (const chunk of bytes) chunks.push(Buffer.from(chunk as Uint8Array));
    const whole = Buffer.concat(chunks);
    const sha256 = createHash('sha256').update(whole).digest('hex');
    const ref = `content://${sha256}`;
    this.#bytes.set(ref, whole);
    return { ref, sha256, sizeBytes: whole.length };
  }

  async read(ref: string): Promise<Readable> {
    const found = this.#bytes.get(ref);
    if (found === undefined) throw new StepFailure('content_not_found', `${ref} is not here`);
    return Readable.from([found]);
  }
}
