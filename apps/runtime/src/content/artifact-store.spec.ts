import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { failure } from '@intendant/intent-model';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { ArtifactStore } from './artifact-store.js';

const LIMITS = { bytesMax: 100, tenantBytesMax: 250 };
const OLD = new Date('2026-01-01T00:00:00Z');
const BETWEEN_MS = Date.parse('2026-01-02T00:00:00Z');
const YOUNG = new Date('2026-01-03T00:00:00Z');

let root: string;
let store: ArtifactStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'artifact-store-'));
  store = new ArtifactStore(root, LIMITS);
});
afterEach(async () => rm(root, { recursive: true }));

const sha256Of = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
const put = (text: string, tenantId = 't_one', declared?: string) =>
  store.put(
    tenantId,
    Readable.from([Buffer.from(text)]),
    declared === undefined ? undefined : { sha256: declared, field: 'query sha256' },
  );
const pathOf = (sha256: string, tenantId = 't_one'): string =>
  join(root, tenantId, sha256.slice(0, 2), sha256.slice(2));
const failsWith = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

/** Every file below the root, leftovers included. */
async function files(): Promise<string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

/** `size` bytes that only this number begins with. */
const bytes = (size: number, n: number): string => String(n).padEnd(size, '.');

describe('keeping bytes', () => {
  it('gives back what was put, under its digest', async () => {
    const descriptor = await store.put('t_one', Readable.from([Buffer.from('first '), Buffer.from('second')]));
    const sha256 = sha256Of('first second');
    expect(descriptor).toEqual({ ref: expect.stringContaining(sha256), sha256, sizeBytes: 12 });
    const { stream, sizeBytes } = await store.read('t_one', sha256);
    expect([(await buffer(stream)).toString(), sizeBytes]).toEqual(['first second', 12]);
    expect(await files()).toEqual([pathOf(sha256)]);
  });

  it('counts what comes in and what is read', async () => {
    const { sha256 } = await put('twelve bytes');
    expect([store.bytesTaken, store.bytesGiven]).toEqual([12, 0]);
    await expect(put('five!', 't_one', sha256Of('other'))).rejects.toEqual(failsWith('digest_mismatch'));
    await buffer((await store.read('t_one', sha256)).stream);
    await expect(store.read('t_one', sha256Of('never put'))).rejects.toEqual(failsWith('content_not_found'));
    expect([store.bytesTaken, store.bytesGiven]).toEqual([17, 12]);
  });

  it('keeps nothing as well as something', async () => {
    const { sha256, sizeBytes } = await store.put('t_one', Readable.from([]));
    expect([sha256, sizeBytes]).toEqual([sha256Of(''), 0]);
    expect((await buffer((await store.read('t_one', sha256)).stream)).length).toBe(0);
  });

  it('takes the digest that was declared, and no other', async () => {
    expect(await put('bytes', 't_one', sha256Of('bytes'))).toMatchObject({ sizeBytes: 5 });
    await expect(put('other bytes', 't_one', sha256Of('bytes'))).rejects.toEqual(failsWith('digest_mismatch'));
    expect(await files()).toEqual([pathOf(sha256Of('bytes'))]);
    await expect(store.read('t_one', sha256Of('other bytes'))).rejects.toEqual(failsWith('content_not_found'));
  });

  it.each([sha256Of('never put'), 'no digest', '../../t_two/aa', ''])('does not find %p', async (sha256) => {
    await expect(store.read('t_one', sha256)).rejects.toEqual(failsWith('content_not_found'));
  });

  it('takes the largest content, and keeps nothing of a larger one', async () => {
    const largest = await put(bytes(100, 1));
    await expect(put(bytes(101, 2))).rejects.toEqual(failsWith('content_too_large'));
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(60);
      })(),
    );
    await expect(store.put('t_one', endless)).rejects.toEqual(failsWith('content_too_large'));
    expect(await files()).toEqual([pathOf(largest.sha256)]);
  });

  it('keeps tenants apart', async () => {
    const { sha256 } = await put('shared', 't_one');
    await expect(store.read('t_two', sha256)).rejects.toEqual(failsWith('content_not_found'));
    await put('shared', 't_two');
    expect((await files()).sort()).toEqual([pathOf(sha256, 't_one'), pathOf(sha256, 't_two')]);
    await rm(pathOf(sha256, 't_one'));
    expect((await buffer((await store.read('t_two', sha256)).stream)).toString()).toBe('shared');
  });
});

describe('bytes that were damaged on disk', () => {
  const LARGE = 'x'.repeat(3_000_000);
  const told: string[] = [];
  beforeEach(() => {
    told.length = 0;
    store = new ArtifactStore(root, { bytesMax: 4_000_000, tenantBytesMax: 6_000_000 }, (path) => told.push(path));
  });
  const damages: readonly [what: string, damaged: (text: string) => string][] = [
    ['a byte', (text) => `y${text.slice(1)}`],
    ['cut', (text) => text.slice(1)],
    ['longer', (text) => `${text}y`],
    ['empty', () => ''],
  ];
  async function damaged(text: string, damage: (text: string) => string): Promise<string> {
    const { sha256 } = await put(text);
    await writeFile(pathOf(sha256), damage(text));
    return sha256;
  }

  it.each(damages)('are told before any is given when they are few: %s', async (_what, damage) => {
    const sha256 = await damaged('small', damage);
    await expect(store.read('t_one', sha256)).rejects.toEqual(failsWith('content_corrupt'));
    expect(told).toEqual([pathOf(sha256)]);
  });

  it.each(damages.slice(1))('are told by their size when it is known: %s', async (_what, damage) => {
    const sha256 = await damaged(LARGE, damage);
    await expect(store.read('t_one', sha256, LARGE.length)).rejects.toEqual(failsWith('content_corrupt'));
  });

  it.each(damages.slice(0, 3))('never end as a whole transfer: %s', async (_what, damage) => {
    const sha256 = await damaged(LARGE, damage);
    const server = fastify().get('/', async (_request, reply) => {
      const { stream, sizeBytes } = await store.read('t_one', sha256);
      return reply.header('content-length', sizeBytes).send(stream);
    });
    try {
      const answer = await fetch(await server.listen({ host: '127.0.0.1', port: 0 }));
      expect(answer.status).toBe(200);
      await expect(answer.arrayBuffer()).rejects.toThrow();
    } finally {
      await server.close();
    }
    expect(told).toEqual([pathOf(sha256)]);
  });

  it('are left to a reader who judges them', async () => {
    const sha256 = await damaged('small', (text) => text.slice(1));
    const { stream, sizeBytes } = await store.readUnjudged('t_one', sha256);
    expect([(await buffer(stream)).toString(), sizeBytes]).toEqual(['mall', 4]);
  });

  it.each(damages)(
    'are replaced by the right ones when somebody brings them, and count once: %s',
    async (_what, damage) => {
      const sha256 = await damaged(LARGE, damage);
      await put(LARGE);
      expect((await buffer((await store.read('t_one', sha256)).stream)).toString()).toBe(LARGE);
      expect(await files()).toEqual([pathOf(sha256)]);
      await put('z'.repeat(6_000_000 - LARGE.length - 10));
      await expect(put('more than ten bytes')).rejects.toEqual(failsWith('content_quota_exceeded'));
    },
  );
});

describe('an upload that breaks', () => {
  it('leaves nothing when the source fails midway', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('connection lost');
      })(),
    );
    await expect(store.put('t_one', broken)).rejects.toThrow('connection lost');
    expect(await files()).toEqual([]);
  });

  it('leaves nothing when the source ends without an end', async () => {
    const source = new Readable({ read: () => undefined });
    source.push('half');
    source.once('data', () => source.destroy());
    source.pause();
    const upload = store.put('t_one', source);
    await expect(upload).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(await files()).toEqual([]);
  });

  it('leaves nothing when the source was gone before it began', async () => {
    const source = new Readable({ read: () => undefined });
    source.destroy();
    await expect(store.put('t_one', source)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(await files()).toEqual([]);
  });
});

describe('a disk that runs full', () => {
  it('stops an upload amid its bytes, and keeps none of them', async () => {
    let closed = false;
    const shortage = () => (closed ? failure('storage_low', 'no room') : null);
    const source = Readable.from(
      (function* () {
        yield Buffer.from('while there was room, ');
        closed = true;
        yield Buffer.from('and then');
      })(),
    );
    await expect(store.put('t_one', source, undefined, shortage)).rejects.toEqual(failsWith('storage_low'));
    expect(await files()).toEqual([]);
  });
});

describe('the quota of a tenant', () => {
  it('holds over several puts, and for each tenant alone', async () => {
    for (const n of [1, 2]) await put(bytes(100, n));
    await expect(put(bytes(51, 3))).rejects.toEqual(failsWith('content_quota_exceeded'));
    expect(await files()).toHaveLength(2);
    await put(bytes(50, 4));
    await expect(put('x')).rejects.toEqual(failsWith('content_quota_exceeded'));
    await put('x', 't_two');
  });

  it('counts the same bytes once, whether one after the other or at the same time', async () => {
    await Promise.all([1, 1, 1].map((n) => put(bytes(100, n))));
    await put(bytes(100, 1));
    await put(bytes(100, 2));
    await put(bytes(50, 3));
    await put(bytes(100, 1));
    await expect(put('x')).rejects.toEqual(failsWith('content_quota_exceeded'));
  });

  it('is not overdrawn by uploads at the same time', async () => {
    const uploads = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => put(bytes(100, n))));
    expect(uploads.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await files()).toHaveLength(2);
  });

  it('counts uploads that have not ended, so that slow ones cannot fill the disk, and gives their room back', async () => {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const slow = async function* (n: number) {
      yield Buffer.from(bytes(90, n));
      await ended;
    };
    const uploads = [1, 2, 3, 4].map((n) => store.put('t_one', Readable.from(slow(n))));
    // none has ended: 250 bytes and one content more are as much as may wait at a time
    await expect(Promise.race(uploads)).rejects.toEqual(failsWith('content_quota_exceeded'));
    await put('of another tenant', 't_two');
    end();
    const settled = await Promise.allSettled(uploads);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await put(bytes(70, 5));
    // full, and what is kept already is still taken
    await put(bytes(90, settled.findIndex(({ status }) => status === 'fulfilled') + 1));
  });

  it('counts what is on disk after a restart, leftovers of uploads not', async () => {
    for (const n of [1, 2]) await put(bytes(100, n));
    await writeFile(join(root, 't_one', 'incoming', 'leftover'), Buffer.alloc(1_000));
    store = new ArtifactStore(root, LIMITS);
    await put(bytes(50, 3));
    await expect(put('x')).rejects.toEqual(failsWith('content_quota_exceeded'));
  });
});

describe('sweeping', () => {
  const age = (path: string, at: Date): Promise<void> => utimes(path, at, at);

  it('removes what is old and has no name, and leftovers; keeps what is young or named', async () => {
    const [unnamed, named, young, abroad] = [
      await put('unnamed'),
      await put('named'),
      await put('young'),
      await put('named', 't_two'),
    ];
    const leftovers = ['old', 'young'].map((name) => join(root, 't_one', 'incoming', name));
    for (const path of leftovers) await writeFile(path, 'half');
    for (const { sha256 } of [unnamed, named]) await age(pathOf(sha256), OLD);
    await age(pathOf(abroad.sha256, 't_two'), OLD);
    await age(leftovers[0] as string, OLD);
    await age(leftovers[1] as string, YOUNG);
    await age(pathOf(young.sha256), YOUNG);
    const asked: string[] = [];
    const isKnown = (tenantId: string, sha256: string): boolean => {
      asked.push(`${tenantId} ${sha256}`);
      return tenantId === 't_one' && sha256 === named.sha256;
    };
    expect(await store.sweep(isKnown, BETWEEN_MS)).toBe(3);
    expect((await files()).sort()).toEqual([leftovers[1] as string, pathOf(named.sha256), pathOf(young.sha256)].sort());
    expect(asked.sort()).toEqual(
      [...[unnamed, named, young].map(({ sha256 }) => `t_one ${sha256}`), `t_two ${abroad.sha256}`].sort(),
    );
    expect(await store.sweep(isKnown, BETWEEN_MS)).toBe(0);
  });

  it('gives the room back', async () => {
    for (const n of [1, 2]) await age(pathOf((await put(bytes(100, n))).sha256), OLD);
    await expect(put(bytes(100, 3))).rejects.toEqual(failsWith('content_quota_exceeded'));
    await store.sweep(() => false, BETWEEN_MS);
    for (const n of [3, 4]) await put(bytes(100, n));
  });

  it('keeps old bytes that were put again and wait for their name', async () => {
    const { sha256 } = await put('again');
    await age(pathOf(sha256), OLD);
    await put('again');
    expect(await store.sweep(() => false, BETWEEN_MS)).toBe(0);
    expect(await readFile(pathOf(sha256), 'utf8')).toBe('again');
    expect((await stat(pathOf(sha256))).mtimeMs).toBeGreaterThan(BETWEEN_MS);
  });

  it('finds nothing where nothing was ever put', async () => {
    expect(await new ArtifactStore(join(root, 'absent'), LIMITS).sweep(() => false, BETWEEN_MS)).toBe(0);
  });
});
