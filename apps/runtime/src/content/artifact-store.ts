import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, type Readable, Transform } from 'node:stream';
import { type ContentDescriptor, contentRefOf, type Failure, FailureError, failure } from '@intendant/intent-model';

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
    declaredSha256?: string,
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
      if (declaredSha256 !== undefined && declaredSha256 !== sha256)
        throw new FailureError(
          failure('digest_mismatch', `the bytes have SHA-256 ${sha256}, not the declared one`, { field: 'sha256' }),
        );
      await this.#keep(tenantId, temporary, sha256, sizeBytes);
      return { ref: contentRefOf(sha256), sha256, sizeBytes };
    } finally {
      await rm(temporary, { force: true });
      this.#giveBack(tenantId, takenBytes);
    }
  }

  /** The bytes, as a stream; throws `content_not_found`. */
  async read(tenantId: string, sha256: string): Promise<{ stream: Readable; sizeBytes: number }> {
    const path = this.#path(tenantId, sha256);
    const found = await stat(path).catch(() => null);
    if (found === null) throw new FailureError(failure('content_not_found', 'no such content'));
    this.#bytesGiven += found.size;
    return { stream: createReadStream(path), sizeBytes: found.size };
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
    const path = this.#path(tenantId, sha256);
    const before = this.#usedBytes(tenantId);
    const after = before.then(async (used) =>
      (await isKept(path)) ? used : this.#name(temporary, path, used, sizeBytes),
    );
    this.#used.set(
      tenantId,
      after.catch(() => before),
    );
    await after;
    await syncDirectory(directory);
  }

  /** Gives the bytes their name if there is room; resolves with what is used then. */
  async #name(temporary: string, path: string, used: number, sizeBytes: number): Promise<number> {
    if (used + sizeBytes > this.limits.tenantBytesMax) throw this.#overQuota();
    await link(temporary, path);
    return used + sizeBytes;
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

/** What is kept already takes no further room, whoever brings it; it is as young as if it had come now. */
async function isKept(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
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
