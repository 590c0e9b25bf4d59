export { type Faults, NO_FAULTS, type WorldAction } from './faults.js';
export { type RecordedContent, rerunInMemory } from './rerun-in-memory.js';
export type { SagaGround, WorldService } from './saga-ground.js';
export { SagaProcess } from './saga-process.js';
export { SagaWorld, turn } from './saga-world.js';
export { type SagaUnderSweep, type SweptService, sweptSaga } from './swept-saga.js';
