export { endProblems } from './end-problems.js';
export type { Incident, NodeName } from './incident.js';
export { orderProblems } from './order-problems.js';
export { SweepFailed, type SweepReport, traceProblems } from './sweep.js';
export {
  sweepAll,
  sweepCrashes,
  sweepFailures,
  sweepLateResults,
  sweepLostReplies,
  sweepRepeats,
} from './sweeps.js';
export type { Help, SagaTrace, SweptSaga, TraceRecord, Trial } from './swept-saga.js';
