// What needs TypeORM; the rest of the library is in index.ts, so that its users need not load it.
export { witnessedLog } from './log-witness.js';
export { PostgresReadModel } from './postgres-read-model.js';
export { ProjectorLoop, type WatchedLog } from './projector-loop.js';
