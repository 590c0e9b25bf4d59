/** For implementations, in Jest. What is beside it needs no test runner, and is in the other entry. */
export { describeFrameLog, type FrameLogBench } from './describe-frame-log.js';
export { describeWal } from './describe-wal.js';
