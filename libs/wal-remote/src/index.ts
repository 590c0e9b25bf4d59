export type { CopyPlace } from './copy-store.js';
export type { DroppedEntries } from './dropped-entries.js';
export { RemoteWal, type RemoteWalOptions } from './remote-wal.js';
