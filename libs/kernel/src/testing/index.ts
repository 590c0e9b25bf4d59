export { ManualTime, promisesSettled } from './manual-time.js';
export { seededRandom } from './seeded-random.js';
