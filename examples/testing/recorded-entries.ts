import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedReference } from '@intendant/intent-model';
import { decodeEntry, type Entry } from '@intendant/wal';
import { bytesOf, HISTORIES } from './recorded-history.js';

/** One execution, entry by entry, with what the Runtime that ran it told of it. */
export interface RecordedExecution {
  readonly name: string;
  readonly executionId: string;
  readonly status: string;
  readonly stateDigest: string;
  readonly eventsDigest: string;
  readonly entries: readonly Entry[];
}

type Kept = Omit<RecordedExecution, 'name' | 'entries'> & {
  readonly entries: readonly (Record<'prevHash' | 'hash' | 'body', string> & Pick<Entry, 'firstSeq' | 'recordCount'>)[];
};

/** What a real cluster once ran over the same systems, one after the other (test/e2e/insurance.e2e.ts). Never changed. */
export const recordedStory = (folder: string): readonly RecordedExecution[] =>
  readdirSync(join(HISTORIES, folder))
    .sort()
    .map((file) => {
      const { entries, ...told } = JSON.parse(readFileSync(join(HISTORIES, folder, file), 'utf8')) as Kept;
      const decoded = entries.map(({ prevHash, hash, body, ...rest }) =>
        decodeEntry({
          ...rest,
          streamId: told.executionId,
          prevHash: Buffer.from(prevHash, 'hex'),
          hash: Buffer.from(hash, 'hex'),
          body: Buffer.from(body),
        }),
      );
      return { ...told, name: file.replace(/\.json$/, ''), entries: decoded };
    });

/** The content among what a decision allowed, as the Runtime resolves it for a call. */
export const contentIn = (references: readonly string[]): ResolvedReference[] =>
  references
    .filter((reference) => reference.startsWith('content://'))
    .map((reference) => {
      const sha256 = reference.slice('content://'.length);
      return { reference, content: { ref: reference, sha256, sizeBytes: bytesOf(reference).length }, artifact: null };
    });
