export { type Duel, type DuelReport, duel } from './duel.js';
export { type Acknowledged, assertEachOnce } from './each-once.js';
