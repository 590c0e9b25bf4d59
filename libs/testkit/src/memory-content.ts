import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type ContentDescriptor, contentRefOf } from '@intendant/intent-model';
import { sha256Hex } from '@intendant/kernel';
import { StepFailure } from '@intendant/participant';

/** Content by digest, as long as a world lasts. */
export class MemoryContent {
  readonly #bytes = new Map<string, Buffer>();

  async write(given: Readable | Uint8Array | string): Promise<ContentDescriptor> {
    const bytes = given instanceof Readable ? await buffer(given) : Buffer.from(given);
    const sha256 = sha256Hex(bytes);
    this.#bytes.set(sha256, bytes);
    return { ref: contentRefOf(sha256), sha256, sizeBytes: bytes.length };
  }

  async read(ref: string): Promise<Readable> {
    const bytes = this.#bytes.get(ref.slice('content://'.length));
    if (bytes === undefined) throw new StepFailure('content_not_found', `${ref} is not in this world`);
    return Readable.from([bytes]);
  }
}
