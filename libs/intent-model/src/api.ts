/**
 * What the HTTP API answers, each shape declared once: the Runtime answers it, the client checks it, the OpenAPI document
 * shows it. None of them is closed: a later version may add members.
 */
export * from './api/data.js';
export * from './api/executions.js';
export * from './api/health.js';
export * from './api/judgement.js';
export * from './api/lineage.js';
export * from './api/lists.js';
export * from './api/metrics.js';
export * from './api/outbox.js';
export * from './api/read-model.js';
export * from './api/records.js';
export * from './api/refusals.js';
export * from './api/replays.js';
export * from './api/sagas.js';
export * from './api/signals.js';
