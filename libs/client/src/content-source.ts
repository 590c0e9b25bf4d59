import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { InvalidArgument } from './failures.js';
import type { Repetition } from './retry.js';

/** Bytes, the path of a file, or anything that yields chunks of bytes. */
export type ContentSource = Uint8Array | string | URL | Readable | AsyncIterable<Uint8Array>;

export interface OpenedSource {
  readonly open: () => Buffer | Readable;
  readonly sizeBytes: number | undefined;
  readonly repetition: Repetition;
}

/** How to send a source; a stream can be sent once only. Throws what the file system says about a path. */
export async function openSource(source: ContentSource): Promise<OpenedSource> {
  if (source instanceof Uint8Array) {
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    return { open: () => bytes, sizeBytes: bytes.length, repetition: 'always' };
  }
  if (typeof source === 'string' || source instanceof URL) {
    const found = await stat(source);
    if (!found.isFile()) throw new InvalidArgument(`${String(source)} is not a regular file`);
    return { open: () => createReadStream(source), sizeBytes: found.size, repetition: 'always' };
  }
  const stream = source instanceof Readable ? source : Readable.from(source);
  return { open: () => stream, sizeBytes: undefined, repetition: 'never' };
}
