import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realScheduler } from '@intendant/kernel/testing';
import { type AppendFate, MemoryFrameLog } from '@intendant/wal/testing';
import { RemoteWal, type RemoteWalOptions } from '../src/remote-wal.js';

const cleanUp: (() => void | Promise<void>)[] = [];
export const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'intendant-remote-'));
  cleanUp.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
};
/** To be called after each test. */
export async function closeAll(): Promise<void> {
  for (const one of cleanUp.splice(0).reverse()) await one();
}

/** A handle on the shared log whose closing leaves the log alone. */
export function handleOn(server: MemoryFrameLog): MemoryFrameLog {
  return new Proxy(server, {
    get(log, name) {
      if (name === 'close') return async () => undefined;
      const value = log[name as keyof MemoryFrameLog] as unknown;
      return typeof value === 'function' ? value.bind(log) : value;
    },
  });
}

export interface Opened {
  readonly wal: RemoteWal;
  readonly lost: [number, string][];
  readonly halted: [number, string][];
}
/** Opens a copy of its own over the shared log. */
export async function open(
  server: MemoryFrameLog,
  at = directory(),
  more: Partial<RemoteWalOptions> = {},
): Promise<Opened> {
  const lost: [number, string][] = [];
  const halted: [number, string][] = [];
  const wal = await RemoteWal.open({
    directory: at,
    log: handleOn(server),
    scheduler: realScheduler,
    onLost: (partition, reason) => lost.push([partition, reason.name]),
    onHalted: (partition, error) => halted.push([partition, error.finding]),
    ...more,
  });
  cleanUp.push(() => wal.close());
  return { wal, lost, halted };
}

export async function eventually(isSo: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 120_000; !isSo(); ) {
    if (Date.now() > endMs) throw new Error('not within two minutes');
    await new Promise<void>((resolve) => void setTimeout(resolve, 5));
  }
}

/** Fates in this order, then `told` for ever. */
export const fates =
  (...list: AppendFate[]) =>
  () =>
    list.shift() ?? 'told';
