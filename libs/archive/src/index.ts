export {
  archiveUpTo,
  confirmUpTo,
  type EntrySource,
  type RetentionMargins,
  takeSnapshot,
  trimmableBehind,
} from './archive-partition.js';
export {
  type ArchiveSettings,
  ArchiveUnconfigured,
  ArchiveVariables,
  archiveProblems,
  openObjectStore,
  readArchiveSettings,
} from './archive-settings.js';
export { DirectoryStore } from './directory-store.js';
export { type ArchiveEnd, LogArchive, UnlikeArchive } from './log-archive.js';
export { ObjectExists, type ObjectStore, ObjectStoreFailed } from './object-store.js';
export { readArchivedStream } from './read-stream.js';
export { LogInTheWay, restoreArchive } from './restore-archive.js';
export { S3Store } from './s3-store.js';
export type { LogPlace, Snapshot } from './snapshot.js';
export { type ArchiveReport, verifyArchive } from './verify-archive.js';
