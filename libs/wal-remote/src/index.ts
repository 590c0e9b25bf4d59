export { RemoteWal, type RemoteWalOptions } from './remote-wal.js';
