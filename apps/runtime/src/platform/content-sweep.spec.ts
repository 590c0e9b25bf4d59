import { existsSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ManualTime } from '@intendant/kernel/testing';
import { createLogger } from '@intendant/nest-kit';
import { LogCorrupt } from '@intendant/wal';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ArtifactStore } from '../content/artifact-store.js';
import { sweepContent } from './content-sweep.js';

const HOUR_MS = 3_600_000;

/** A log of two partitions, and what can be wrong with the copy of it here. */
interface Copy {
  readonly halted?: ReadonlyMap<number, string>;
  readonly unfit?: string;
  readonly catchUp?: (partition: number) => Promise<void>;
  readonly references?: () => readonly never[];
}

describe('the sweep of content', () => {
  let root: string;
  let content: ArtifactStore;
  let sha256: string;
  const fileOf = (digest: string): string => join(root, 'tenant-a', digest.slice(0, 2), digest.slice(2));
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'intendant-sweep-'));
    content = new ArtifactStore(root, { bytesMax: 1_000, tenantBytesMax: 10_000 });
    ({ sha256 } = await content.put('tenant-a', Readable.from([Buffer.from('bytes that no record here names')])));
    utimesSync(fileOf(sha256), 0, 0);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function isKeptWith(copy: Copy): Promise<boolean> {
    const { halted = new Map(), unfit, catchUp = async () => undefined, references = () => [] } = copy;
    const wal = { store: { references }, unfit: () => unfit ?? null, catchUp };
    const clock = new ManualTime(3 * HOUR_MS);
    const foundation = {
      wal,
      log: { partitionCount: 2 },
      holders: { haltedHere: halted },
      content,
      clock,
      logger: createLogger('test', 'error'),
    };
    const end = await sweepContent(foundation as unknown as Parameters<typeof sweepContent>[0]);
    end();
    return existsSync(fileOf(sha256));
  }

  it('removes what no record names, once everything acknowledged can be read here', async () => {
    const caughtUp: number[] = [];
    expect(await isKeptWith({ catchUp: async (partition) => void caughtUp.push(partition) })).toBe(false);
    expect(caughtUp).toEqual([0, 1]);
  });

  it('removes nothing while the copy of any partition is behind: another replica may have acknowledged it', async () => {
    const catchUp = (partition: number) =>
      partition === 0 ? Promise.resolve() : Promise.reject(new Error('the log cannot be read'));
    expect(await isKeptWith({ catchUp })).toBe(true);
  });

  it('removes nothing while a partition is halted, on whichever log', async () => {
    expect(await isKeptWith({ halted: new Map([[1, 'a page is damaged']]) })).toBe(true);
  });

  it('removes nothing when a partition turns out to be damaged while it is read', async () => {
    const halted = new Map<number, string>();
    expect(await isKeptWith({ halted, catchUp: async (partition) => void halted.set(partition, 'damaged') })).toBe(
      true,
    );
  });

  it('keeps what a damaged reference names, and starts', async () => {
    const references = (): never => {
      throw new LogCorrupt('table reference', 'is not text in UTF-8');
    };
    expect(await isKeptWith({ references })).toBe(true);
  });

  it('removes nothing while the log is out of reach', async () => {
    expect(await isKeptWith({ unfit: 'partition 1: connection lost' })).toBe(true);
  });
});
