import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realScheduler } from '@intendant/kernel/testing';
import type { FrameLog } from '@intendant/wal';
import { RemoteWal } from '@intendant/wal-remote';

/** A process's log over a server, with what it was told beside its answers. */
export interface OpenedWal {
  readonly wal: RemoteWal;
  /** Partition, and the name of the reason. */
  readonly lost: (readonly [number, string])[];
  /** Partition and finding. */
  readonly halted: (readonly [number, string])[];
}

/** Opens the copy in `directory` over this handle, which closes with it. */
export async function openRemote(log: FrameLog, directory: string, doubtMs = 30_000): Promise<OpenedWal> {
  const lost: (readonly [number, string])[] = [];
  const halted: (readonly [number, string])[] = [];
  const wal = await RemoteWal.open({
    directory,
    log,
    scheduler: realScheduler,
    doubtMs,
    onLost: (partition, reason) => lost.push([partition, reason.name]),
    onHalted: (partition, { finding }) => halted.push([partition, finding]),
  });
  return { wal, lost, halted };
}

/** A folder for a copy, and how to remove it. */
export function scratchDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'intendant-logs-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A name of a log that no other test uses. */
export const freshName = (): string => `test-${randomUUID()}`;
