export { type Faults, NO_FAULTS } from './faults.js';
export { SagaProcess } from './saga-process.js';
export { SagaWorld, turn, type WorldService } from './saga-world.js';
