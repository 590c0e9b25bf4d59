import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type ContentDescriptor, contentRefOf, type Failure, FailureError, failure } from '@intendant/intent-model';

/** Content up to this size is judged as a whole before any of it is given; larger one while it is. */
const JUDGED_WHOLE_BYTES_MAX = 1_048_576;

export interface ArtifactStoreLimits {
  readonly bytesMax: number;
  readonly tenantBytesMax: number;
}

/** Bytes by tenant and digest on disk: `<root>/<tenant>/<2 hex>/<62 hex>`. A file that has its name is whole and synced. */
export class ArtifactStore {
  readonly #used = new Map<string, Promise<number>>();
  /** Bytes of uploads that have not ended, by tenant. */
  readonly #incoming = new Map<string, number>();
  #bytesTaken = 0;
  #bytesGiven = 0;

  constructor(
    private readonly root: string,
    private readonly limits: ArtifactStoreLimits,
    /** Told of every file whose bytes are not those of its name. */
    private readonly onCorrupt: (path: string) => void = () => undefined,
  ) {}

  /** Bytes that came in since the start, those of broken uploads included. */
  get bytesTaken(): number {
    return this.#bytesTaken;
  }

  /** Bytes that were opened to be read since the start, whether all of them were or not. */
  get bytesGiven(): number {
    return this.#bytesGiven;
  }

  /**
   * Streams bytes in and resolves once they are synced under their digest. Throws `content_too_large`,
   * `content_quota_exceeded`, `digest_mismatch` or what `shortage` says meanwhile, and then keeps nothing.
   */
  async put(
    tenantId: string,
    source: Readable,
    declared?: Declared,
    shortage: () => Failure | null = () => null,
  ): Promise<ContentDescriptor> {
    const temporary = join(await this.#directory(tenantId, 'incoming'), randomUUID());
    let takenBytes = 0;
    const take = async (chunkBytes: number): Promise<void> => {
      takenBytes += chunkBytes;
      await this.#takeIn(tenantId, chunkBytes);
      const closed = shortage();
      if (closed !== null) throw new FailureError(closed);
    };
    try {
      const { sha256, sizeBytes } = await this.#receive(source, temporary, take);
      if (declared !== undefined && declared.sha256 !== sha256)
        throw new FailureError(
          failure('digest_mismatch', `the bytes have SHA-256 ${sha256}, not the declared one`, {
            field: declared.field,
          }),
        );
      await this.#keep(tenantId, temporary, sha256, sizeBytes);
      return { ref: contentRefOf(sha256), sha256, sizeBytes };
    } finally {
      await rm(temporary, { force: true });
      this.#giveBack(tenantId, takenBytes);
    }
  }

  /**
   * The bytes, as a stream that never ends whole when they are not those of the digest: it fails with `content_corrupt`
   * before it gives the last of them. Small content, and content that has not the size it is known by, throws that at once.
   * Throws `content_not_found`.
   */
  async read(
    tenantId: string,
    sha256: string,
    knownBytes?: number,
  ): Promise<{ readonly stream: Readable; readonly sizeBytes: number }> {
    const path = this.#path(tenantId, sha256);
    const sizeBytes = await this.#opened(path);
    if (knownBytes !== undefined && knownBytes !== sizeBytes) throw this.#corrupt(sha256, path);
    const judged = this.#judged(path, sha256);
    if (sizeBytes > JUDGED_WHOLE_BYTES_MAX) return { stream: Readable.from(judged, { objectMode: false }), sizeBytes };
    return { stream: Readable.from([await buffer(judged)], { objectMode: false }), sizeBytes };
  }

  /** The same as the file has them: for a reader that judges them itself. */
  async readUnjudged(
    tenantId: string,
    sha256: string,
  ): Promise<{ readonly stream: Readable; readonly sizeBytes: number }> {
    const path = this.#path(tenantId, sha256);
    const sizeBytes = await this.#opened(path);
    return { stream: createReadStream(path), sizeBytes };
  }

  /** Size of what is kept; null when nothing is. Rejects when that cannot be told. */
  async sizeOf(tenantId: string, sha256: string): Promise<number | null> {
    try {
      return (await stat(this.#path(tenantId, sha256))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Size of a file that is going to be given. */
  async #opened(path: string): Promise<number> {
    const found = await stat(path).catch(() => null);
    if (found === null) throw new FailureError(failure('content_not_found', 'no such content'));
    this.#bytesGiven += found.size;
    return found.size;
  }

  /** Each chunk once there is another one behind it, the last once all have the digest. */
  async *#judged(path: string, sha256: string): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let last: Buffer | undefined;
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      if (last !== undefined) yield last;
      last = chunk;
    }
    if (hash.digest('hex') !== sha256) throw this.#corrupt(sha256, path);
    if (last !== undefined) yield last;
  }

  #corrupt(sha256: string, path: string): FailureError {
    this.onCorrupt(path);
    return new FailureError(failure('content_corrupt', `the bytes kept are not ${sha256}`));
  }

  /** Removes files that `isKnown` denies and leftovers of broken uploads, when older than `ageMs`. Returns how many. */
  async sweep(isKnown: (tenantId: string, sha256: string) => boolean, olderThanMs: number): Promise<number> {
    let swept = 0;
    for (const tenantId of await names(this.root))
      for (const bucket of await names(join(this.root, tenantId)))
        for (const name of await names(join(this.root, tenantId, bucket))) {
          const path = join(this.root, tenantId, bucket, name);
          const known = bucket !== 'incoming' && isKnown(tenantId, bucket + name);
          const file = known ? null : await stat(path).catch(() => null);
          if (file === null || file.mtimeMs > olderThanMs) continue;
          await rm(path, { force: true });
          this.#used.delete(tenantId);
          swept += 1;
        }
    return swept;
  }

  async #receive(
    source: Readable,
    path: string,
    take: (chunkBytes: number) => Promise<void>,
  ): Promise<{ sha256: string; sizeBytes: number }> {
    const hash = createHash('sha256');
    const file = await open(path, 'wx', 0o600);
    let sizeBytes = 0;
    try {
      const counted = source.pipe(
        new Transform({
          transform: (chunk: Buffer, _encoding, done) => {
            sizeBytes += chunk.length;
            this.#bytesTaken += chunk.length;
            hash.update(chunk);
            done(this.#excess(sizeBytes), chunk);
          },
        }),
      );
      // Also told of a source that ends without an end, or was gone before this began.
      finished(source, { writable: false }, (error) => {
        if (error) counted.destroy(error);
      });
      for await (const chunk of counted) {
        await take((chunk as Buffer).length);
        await file.writeFile(chunk as Buffer);
      }
      await file.sync();
    } finally {
      await file.close();
      source.unpipe();
    }
    return { sha256: hash.digest('hex'), sizeBytes };
  }

  /**
   * Before bytes are written: uploads that have not ended may fill what the tenant has left, and one content more, for
   * only at its end is known whether a content is kept already and takes no room.
   */
  async #takeIn(tenantId: string, chunkBytes: number): Promise<void> {
    const incoming = (this.#incoming.get(tenantId) ?? 0) + chunkBytes;
    this.#incoming.set(tenantId, incoming);
    const used = await this.#usedBytes(tenantId);
    if (used + incoming > this.limits.tenantBytesMax + this.limits.bytesMax) throw this.#overQuota();
  }

  #giveBack(tenantId: string, takenBytes: number): void {
    const incoming = (this.#incoming.get(tenantId) ?? 0) - takenBytes;
    if (incoming > 0) this.#incoming.set(tenantId, incoming);
    else this.#incoming.delete(tenantId);
  }

  #overQuota(): FailureError {
    const { tenantBytesMax } = this.limits;
    return new FailureError(
      failure('content_quota_exceeded', `the tenant may keep ${tenantBytesMax} bytes of content`),
    );
  }

  #excess(sizeBytes: number): FailureError | null {
    const { bytesMax } = this.limits;
    return sizeBytes > bytesMax
      ? new FailureError(failure('content_too_large', `content is larger than ${bytesMax} bytes`))
      : null;
  }

  /** One after the other in a tenant, so that uploads at the same time do not share the room that is left. */
  async #keep(tenantId: string, temporary: string, sha256: string, sizeBytes: number): Promise<void> {
    const directory = await this.#directory(tenantId, sha256.slice(0, 2));
    const before = this.#usedBytes(tenantId);
    const after = before.then((used) => this.#name(tenantId, temporary, { sha256, sizeBytes }, used));
    this.#used.set(
      tenantId,
      after.catch(() => before),
    );
    await after;
    await syncDirectory(directory);
  }

  /** Gives the bytes their name if there is room; resolves with what is used then. What is kept already takes no further room. */
  async #name(tenantId: string, temporary: string, { sha256, sizeBytes }: Named, used: number): Promise<number> {
    const path = this.#path(tenantId, sha256);
    const keptBytes = await renewed(path);
    if (keptBytes === null && used + sizeBytes > this.limits.tenantBytesMax) throw this.#overQuota();
    // a file that cannot be read is as damaged as one with other bytes
    if (keptBytes === sizeBytes && (await digestOf(path).catch(() => null)) === sha256) return used;
    await rename(temporary, path);
    if (keptBytes === null) return used + sizeBytes;
    // what was damaged gave way; nobody knows which size of it was counted
    this.onCorrupt(path);
    return sumOfSizes(join(this.root, tenantId));
  }

  #usedBytes(tenantId: string): Promise<number> {
    const known = this.#used.get(tenantId) ?? sumOfSizes(join(this.root, tenantId));
    this.#used.set(tenantId, known);
    return known;
  }

  async #directory(tenantId: string, bucket: string): Promise<string> {
    const directory = join(this.root, tenantId, bucket);
    if ((await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined)
      await syncDirectory(join(this.root, tenantId));
    return directory;
  }

  #path(tenantId: string, sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new FailureError(failure('content_not_found', 'no such content'));
    return join(this.root, tenantId, sha256.slice(0, 2), sha256.slice(2));
  }
}

/** The digest that bytes are to have; `field` is the place in a request that says so. */
interface Declared {
  readonly sha256: string;
  readonly field?: string;
}

type Named = Pick<ContentDescriptor, 'sha256' | 'sizeBytes'>;

/** Makes a file as young as if it had come now; its size, or null when there is none. */
async function renewed(path: string): Promise<number | null> {
  const now = new Date();
  try {
    await utimes(path, now, now);
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const names = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

async function sumOfSizes(directory: string): Promise<number> {
  let sum = 0;
  for (const bucket of await names(directory)) {
    if (bucket === 'incoming') continue;
    for (const name of await names(join(directory, bucket)))
      sum += (await stat(join(directory, bucket, name)).catch(() => null))?.size ?? 0;
  }
  return sum;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
