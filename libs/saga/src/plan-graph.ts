/** What the graph needs to know of a step. */
export interface GraphStep {
  readonly stepId: string;
  readonly dependsOn: readonly string[];
}

/** Steps in an order that respects the dependencies; ties follow the declaration. Steps on a cycle are left out. */
export function inTopologicalOrder<S extends GraphStep>(steps: readonly S[]): readonly S[] {
  const ordered: S[] = [];
  const placed = new Set<string>();
  for (;;) {
    const next = steps.find((step) => !placed.has(step.stepId) && step.dependsOn.every((on) => placed.has(on)));
    if (next === undefined) return ordered;
    ordered.push(next);
    placed.add(next.stepId);
  }
}

/** One cycle among the steps of every circle, its members in the order of its edges; circles that touch are one. */
export function cyclesIn(steps: readonly GraphStep[]): readonly (readonly string[])[] {
  const before = new Map(steps.map(({ stepId }) => [stepId, ancestorsOf(stepId, steps)]));
  const seen = new Set<string>();
  return steps.flatMap(({ stepId }) => {
    const own = before.get(stepId);
    if (seen.has(stepId) || !own?.has(stepId)) return [];
    const circle = steps.filter((other) => own.has(other.stepId) && before.get(other.stepId)?.has(stepId));
    for (const one of circle) seen.add(one.stepId);
    const cycle = cycleIn(circle);
    return cycle.length === 0 ? [] : [cycle];
  });
}

function cycleIn(steps: readonly GraphStep[]): readonly string[] {
  const stepsById = new Map(steps.map((step) => [step.stepId, step]));
  const cleared = new Set<string>();
  for (const { stepId } of steps) {
    const found = walk(stepId, [], stepsById, cleared);
    if (found.length > 0) return found;
  }
  return [];
}

function walk(
  stepId: string,
  path: readonly string[],
  stepsById: ReadonlyMap<string, GraphStep>,
  cleared: Set<string>,
): readonly string[] {
  if (path.includes(stepId)) return path.slice(path.indexOf(stepId));
  if (cleared.has(stepId)) return [];
  for (const on of stepsById.get(stepId)?.dependsOn ?? []) {
    const found = walk(on, [...path, stepId], stepsById, cleared);
    if (found.length > 0) return found;
  }
  cleared.add(stepId);
  return [];
}

/** Every step that must be done before `stepId` starts; itself only when it stands on a circle. */
export function ancestorsOf(stepId: string, steps: readonly GraphStep[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const on of steps.find((step) => step.stepId === id)?.dependsOn ?? []) {
      if (found.has(on)) continue;
      found.add(on);
      visit(on);
    }
  };
  visit(stepId);
  return found;
}
