import type { CapabilityDefinition, PlanStep, SagaPlan } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import { ancestorsOf, cyclesIn, type GraphStep } from './plan-graph.js';
import { inheritedName, malformedIn, pointersIn } from './plan-input.js';

export type PlanProblemCode =
  | 'duplicate_step'
  | 'reserved_step'
  | 'missing_step'
  | 'circular_dependency'
  | 'contract_missing'
  | 'nested_plan'
  | 'durable_step'
  | 'input_out_of_reach'
  | 'input_malformed'
  | 'uncovered_irreversible_step'
  | 'pivot_beside_steps'
  | 'pivot_compensated'
  | 'self_undo_without_compensation';

/** One rule that a plan breaks; `field` is a JSON Pointer into the plan. */
export interface PlanProblem {
  readonly code: PlanProblemCode;
  readonly detail: string;
  readonly field: string;
}

/** Who answers an intent, as far as the registry knows now. */
export type Answers = (
  intentType: string,
) => Pick<CapabilityDefinition, 'name' | 'sideEffects' | 'plan' | 'durable'> | undefined;

/** Everything that is wrong with a plan, all at once. */
export function planProblems(plan: SagaPlan, answers: Answers): readonly PlanProblem[] {
  const structure = graphProblems(plan.steps);
  const contracts = plan.steps.flatMap((step, position) => contractProblems(step, `/steps/${position}`, answers));
  // steps on a circle come before one another, so that nothing is said about their order that the circle alone causes
  return [
    ...structure,
    ...contracts,
    ...inputProblems(plan),
    ...pivotProblems(plan),
    ...uncovered(plan, answers),
    ...withoutUndo(plan),
  ];
}

/** What is wrong with names and order alone, which can be judged whatever else the steps say. */
export const graphProblems = (steps: readonly GraphStep[]): readonly PlanProblem[] => [
  ...duplicates(steps),
  ...reserved(steps),
  ...missing(steps),
  ...circular(steps),
];

const problem = (code: PlanProblemCode, detail: string, field: string): PlanProblem => ({ code, detail, field });

function duplicates(steps: readonly GraphStep[]): readonly PlanProblem[] {
  return steps.flatMap((step, position) =>
    steps.findIndex((other) => other.stepId === step.stepId) === position
      ? []
      : [problem('duplicate_step', `step ${step.stepId} is declared twice`, `/steps/${position}/stepId`)],
  );
}

/** The step of an execution without a plan, which signals and calls name. */
const RESERVED = 'main';

const reserved = (steps: readonly GraphStep[]): readonly PlanProblem[] =>
  steps.flatMap(({ stepId }, position) =>
    stepId === RESERVED
      ? [problem('reserved_step', `${stepId} is a name that is taken`, `/steps/${position}/stepId`)]
      : [],
  );

function missing(steps: readonly GraphStep[]): readonly PlanProblem[] {
  const known = new Set(steps.map((step) => step.stepId));
  return steps.flatMap((step, position) =>
    step.dependsOn.flatMap((on, place) =>
      known.has(on)
        ? []
        : [problem('missing_step', `${step.stepId} depends on ${on}`, `/steps/${position}/dependsOn/${place}`)],
    ),
  );
}

const circular = (steps: readonly GraphStep[]): readonly PlanProblem[] =>
  cyclesIn(steps).map((cycle) => problem('circular_dependency', cycle.join(' → '), '/steps'));

function contractProblems(step: PlanStep, at: string, answers: Answers): readonly PlanProblem[] {
  const found: PlanProblem[] = [];
  const check = (intent: string, field: string): void => {
    const answering = answers(intent);
    if (answering === undefined) found.push(problem('contract_missing', `no capability answers ${intent}`, field));
    else if (answering.plan !== null) found.push(problem('nested_plan', `${intent} is a plan itself`, field));
    else if (answering.durable)
      found.push(problem('durable_step', `${intent} is a saga as code, which runs on its own or as a child`, field));
  };
  check(step.intent, `${at}/intent`);
  if (step.compensation !== null) check(step.compensation.intent, `${at}/compensation/intent`);
  return found;
}

/** An input may reach the payload, what comes before: the steps that this one depends on, directly or not, and its item. */
function inputProblems(plan: SagaPlan): readonly PlanProblem[] {
  return plan.steps.flatMap((step, position) => {
    const before = ancestorsOf(step.stepId, plan.steps);
    const own = new Set([...before, step.stepId]);
    const roots = step.forEach === undefined ? ROOTS : ROOTS_OF_COPIES;
    const at = `/steps/${position}`;
    return [
      ...templateProblems(step.input, roots, before, `${at}/input`),
      ...outOfReach(step.forEach === undefined ? [] : [step.forEach.items], ROOTS, before, `${at}/forEach/items`),
      ...templateProblems(step.compensation?.input, roots, own, `${at}/compensation/input`),
    ];
  });
}

const ROOTS: ReadonlySet<string> = new Set(['payload', 'steps', 'executionId']);
const ROOTS_OF_COPIES: ReadonlySet<string> = new Set([...ROOTS, 'item', 'index']);

const templateProblems = (
  template: JsonValue | undefined,
  roots: ReadonlySet<string>,
  steps: ReadonlySet<string>,
  field: string,
): readonly PlanProblem[] => [
  ...malformedIn(template).map((found) =>
    problem('input_malformed', `${found} is not {"$from": "/pointer"} and nothing beside it`, field),
  ),
  ...outOfReach(pointersIn(template), roots, steps, field),
];

function outOfReach(
  pointers: readonly string[],
  roots: ReadonlySet<string>,
  steps: ReadonlySet<string>,
  field: string,
): readonly PlanProblem[] {
  return pointers.flatMap((pointer) => {
    const [empty, root = '', stepId = ''] = pointer.split('/');
    const reached = empty === '' && roots.has(root) && (root !== 'steps' || steps.has(stepId));
    return reached && inheritedName(pointer) === null
      ? []
      : [problem('input_out_of_reach', `nothing is certain to be at ${pointer}`, field)];
  });
}

/** A point of no return divides the plan: every other step comes before or after it. */
function pivotProblems(plan: SagaPlan): readonly PlanProblem[] {
  return plan.steps.flatMap((pivot, position) => {
    if (!pivot.pivot) return [];
    const at = `/steps/${position}/pivot`;
    const before = ancestorsOf(pivot.stepId, plan.steps);
    const beside = plan.steps.filter(
      ({ stepId }) =>
        stepId !== pivot.stepId && !before.has(stepId) && !ancestorsOf(stepId, plan.steps).has(pivot.stepId),
    );
    const found = beside.map(({ stepId }) =>
      problem('pivot_beside_steps', `${stepId} comes neither before nor after ${pivot.stepId}`, at),
    );
    return pivot.compensation === null
      ? found
      : [...found, problem('pivot_compensated', `${pivot.stepId} is never undone once it has succeeded`, at)];
  });
}

/**
 * Steps whose effect stays although the saga can still fail after or beside them: they have side effects, no
 * compensation, are no pivot, and do not come after one.
 */
function uncovered(plan: SagaPlan, answers: Answers): readonly PlanProblem[] {
  const pivots = plan.steps.filter((step) => step.pivot).map((step) => step.stepId);
  return plan.steps.flatMap((step, position) => {
    const effects = answers(step.intent)?.sideEffects ?? 'none';
    if (effects === 'none' || step.compensation !== null || step.pivot) return [];
    const before = ancestorsOf(step.stepId, plan.steps);
    if (pivots.some((pivot) => before.has(pivot))) return [];
    const others = plan.steps.filter(({ stepId }) => stepId !== step.stepId && !before.has(stepId));
    if (others.length === 0 && step.forEach === undefined) return [];
    const threat = others[0]?.stepId ?? 'another copy';
    const detail = `${step.stepId} cannot be undone and ${threat} may fail after it: declare a compensation or a pivot`;
    return [problem('uncovered_irreversible_step', detail, `/steps/${position}`)];
  });
}

/** A step that is to be undone although it failed, and declares nothing that does it. */
const withoutUndo = ({ steps }: SagaPlan): readonly PlanProblem[] =>
  steps.flatMap(({ stepId, compensateSelfOnFailure, compensation }, position) => {
    if (!compensateSelfOnFailure || compensation !== null) return [];
    const at = `/steps/${position}/compensateSelfOnFailure`;
    return [problem('self_undo_without_compensation', `${stepId} declares no compensation that could undo it`, at)];
  });
