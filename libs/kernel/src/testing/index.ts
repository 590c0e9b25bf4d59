export { ManualTime, promisesSettled } from './manual-time.js';
export { realScheduler } from './real-scheduler.js';
export { seededRandom } from './seeded-random.js';
