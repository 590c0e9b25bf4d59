export { type Duel, type DuelReport, duel } from './duel.js';
