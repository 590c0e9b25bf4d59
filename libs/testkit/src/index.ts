export { type Faults, NO_FAULTS, type WorldAction } from './faults.js';
export { SagaProcess } from './saga-process.js';
export { SagaWorld, turn, type WorldService } from './saga-world.js';
export { type SagaUnderSweep, type SweptService, sweptSaga } from './swept-saga.js';
