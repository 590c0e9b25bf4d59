export { judgeRetry, type RetryVerdict } from './retry.js';
export { nextStepStatus, type StepEvent, type StepStatus } from './step.js';
