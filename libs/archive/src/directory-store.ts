import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assertKey, ObjectExists, type ObjectStore, ObjectStoreFailed } from './object-store.js';

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;

/** Objects as files below one directory, which may be on a share: a key is a path. */
export class DirectoryStore implements ObjectStore {
  readonly place: string;

  constructor(directory: string) {
    this.place = resolve(directory);
  }

  async put(key: string, bytes: Buffer): Promise<void> {
    const file = this.#fileOf(key);
    await this.#orFail(`${file} cannot be written`, async () => {
      await this.#makeFolder(dirname(file));
      const draft = join(dirname(file), `.${randomUUID()}.tmp`);
      try {
        await writeSynced(draft, bytes);
        // a link is refused where a rename would overwrite what another process put there meanwhile
        await link(draft, file);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        if (!bytes.equals(await readFile(file))) throw new ObjectExists(key);
      } finally {
        await rm(draft, { force: true });
      }
      await syncFolder(dirname(file));
    });
  }

  async get(key: string): Promise<Buffer | null> {
    const file = this.#fileOf(key);
    return this.#orFail(`${file} cannot be read`, () =>
      readFile(file).catch((error) => {
        if (codeOf(error) === 'ENOENT') return null;
        throw error;
      }),
    );
  }

  async has(key: string): Promise<boolean> {
    const file = this.#fileOf(key);
    return this.#orFail(`${file} cannot be looked up`, async () => {
      try {
        return (await stat(file)).isFile();
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false;
        throw error;
      }
    });
  }

  async list(prefix: string): Promise<readonly string[]> {
    const folder = prefix.includes('/') ? prefix.slice(0, prefix.lastIndexOf('/')) : '';
    if (folder !== '') assertKey(folder);
    const keys = await this.#orFail(`${this.place} cannot be listed`, () => this.#keysBelow(folder));
    return keys.filter((key) => key.startsWith(prefix)).sort();
  }

  async #keysBelow(folder: string): Promise<string[]> {
    const found = await readdir(join(this.place, folder), { withFileTypes: true }).catch((error) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    const keys: string[] = [];
    for (const entry of found) {
      // drafts of a process that was killed begin with a dot
      if (entry.name.startsWith('.')) continue;
      const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) keys.push(...(await this.#keysBelow(key)));
      else keys.push(key);
    }
    return keys;
  }

  /** Makes the folder and syncs the ones that name a new one. */
  async #makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let at = folder; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
  }

  #fileOf(key: string): string {
    assertKey(key);
    return join(this.place, key);
  }

  async #orFail<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw error instanceof ObjectExists ? error : new ObjectStoreFailed(what, error);
    }
  }
}

async function writeSynced(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
