import { type Failure, failure } from '@intendant/intent-model';
import type { RegistrationRefusal } from '@intendant/registry';
import { graphProblems } from '@intendant/saga';
import { z } from 'zod';

/** Faults that are named; a message can hold any number of them. */
const FAULTS_MAX = 100;

/** As much of a plan as its graph needs, whatever else is wrong with it; bounded like a plan, for judging takes its square. */
const Sketch = z.object({
  steps: z.array(z.object({ stepId: z.string(), dependsOn: z.array(z.string()).max(64).default([]) })).max(200),
});
const SketchedRegistration = z.object({
  capabilities: z.array(z.object({ plan: Sketch.nullable().catch(null) }).catch({ plan: null })).max(256),
});

/** Names everything that has not the form it must have, and what is wrong with the graphs of plans beside it. */
export function malformedRegistration(message: unknown, issues: readonly z.core.$ZodIssue[]): Failure {
  const shape = issues.map((issue) => ({
    rule: 'malformed' as const,
    detail: issue.message,
    field: issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  }));
  const refusals = [...shape, ...graphRefusals(message)].slice(0, FAULTS_MAX);
  const said = refusals.map(
    ({ field, detail }) => `the registration at ${field === '' ? 'its root' : field}: ${detail}`,
  );
  return failure('invalid_request', said.join('; '), { field: refusals[0]?.field, extra: { refusals } });
}

function graphRefusals(message: unknown): readonly RegistrationRefusal[] {
  const sketched = SketchedRegistration.safeParse(message);
  return (sketched.data?.capabilities ?? []).flatMap(({ plan }, position) =>
    graphProblems(plan?.steps ?? []).map(({ code, detail, field }) => ({
      rule: `plan_${code}` as const,
      detail,
      field: `/capabilities/${position}/plan${field}`,
    })),
  );
}
