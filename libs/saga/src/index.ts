export { declaredPivotPassed, type ForwardMove, pivotPassed, planForward } from './forward.js';
export {
  copiesOf,
  isDone,
  type LedgerStep,
  planStepOf,
  retryTimerOf,
  type SagaLedger,
  undoTimerOf,
} from './ledger.js';
export { type Health, judgeHealth, judgeSilence, type Pulse } from './nurse.js';
export { ancestorsOf, inTopologicalOrder } from './plan-graph.js';
export { fillIn, find, type InputScope, inheritedName, pointersIn } from './plan-input.js';
export { type Answers, graphProblems, type PlanProblem, type PlanProblemCode, planProblems } from './plan-problems.js';
export { type AnswerIntent, type PinnedPlan, type PlanAnswer, resolvePlan } from './resolve-plan.js';
export { judgeRetry, type RetryVerdict } from './retry.js';
export {
  nextStepStatus,
  nextUndoStatus,
  type StepEvent,
  type StepStatus,
  type UndoEvent,
  type UndoStatus,
} from './step.js';
export { planUnwinding, stepsToUndo, type UnwindingMove } from './unwinding.js';
