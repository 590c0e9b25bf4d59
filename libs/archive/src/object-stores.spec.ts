import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DirectoryStore } from './directory-store.js';
import { ObjectStoreFailed } from './object-store.js';
import { S3Store } from './s3-store.js';
import { itIsAnObjectStore } from './testing/describe-object-store.js';
import { describeWithS3, type RunningS3, startS3 } from './testing/start-s3.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'intendant-archive-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a directory', () => {
  let shared: string;
  itIsAnObjectStore({
    start: async () => {
      shared = mkdtempSync(join(tmpdir(), 'intendant-archive-'));
    },
    open: () => new DirectoryStore(join(shared, 'made', 'by-it')),
    stop: async () => rmSync(shared, { recursive: true, force: true }),
  });

  it('neither lists nor leaves drafts', async () => {
    const store = new DirectoryStore(directory);
    await store.put('a/one', Buffer.from('1'));
    await expect(store.put('a/one', Buffer.from('2'))).rejects.toThrow('another object');
    expect(readdirSync(join(directory, 'a'))).toEqual(['one']);
    writeFileSync(join(directory, 'a', '.killed.tmp'), 'half');
    expect(await store.list('')).toEqual(['a/one']);
  });

  it('says what it could not do', async () => {
    writeFileSync(join(directory, 'file'), '');
    const store = new DirectoryStore(join(directory, 'file'));
    await expect(store.put('a', Buffer.from('1'))).rejects.toBeInstanceOf(ObjectStoreFailed);
    mkdirSync(join(directory, 'folder'));
    await expect(new DirectoryStore(directory).get('folder')).rejects.toBeInstanceOf(ObjectStoreFailed);
    expect(existsSync(join(directory, 'a'))).toBe(false);
  });
});

describeWithS3('a bucket behind the S3 API', () => {
  let s3: RunningS3;
  const bucket = `archive-${process.pid}-${Date.now()}`;
  itIsAnObjectStore({
    start: async () => {
      s3 = await startS3(bucket);
    },
    open: () => new S3Store({ ...s3.settings, pageKeysMax: 50 }),
    stop: () => s3.stop(),
  });

  it('does not take a bucket that is missing for an empty one', async () => {
    const store = new S3Store({ ...s3.settings, bucket: 'not-there' });
    for (const act of [() => store.get('a'), () => store.list(''), () => store.put('a', Buffer.from('1'))])
      await expect(act()).rejects.toThrow(/404 NoSuchBucket/);
  });
});

describe('a server that does not answer', () => {
  it('fails the call, naming the place and what it met there', async () => {
    const { port } = await new Promise<AddressInfo>((resolve) => {
      const taken = createServer().listen(0, '127.0.0.1', () => {
        const address = taken.address() as AddressInfo;
        taken.close(() => resolve(address));
      });
    });
    const keys = { region: 'r', accessKeyId: 'a', secretAccessKey: 's' };
    const store = new S3Store({ endpoint: `http://127.0.0.1:${port}`, bucket: 'nowhere', timeoutMs: 2_000, ...keys });
    await expect(store.get('a')).rejects.toThrow(
      `http://127.0.0.1:${port}/nowhere: GET failed: fetch failed (ECONNREFUSED)`,
    );
  });
});
