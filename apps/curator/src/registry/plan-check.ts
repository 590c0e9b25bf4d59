import type { ParticipantRegistration, RegisteredCapability, RegistrySnapshot } from '@intendant/intent-model';
import { capabilityKey, compareVersions, type RegistrationRefusal } from '@intendant/registry';
import { planProblems } from '@intendant/saga';

/** Every rule that the plans of a registration break, judged with everything that is registered, itself included. */
export function checkPlans(
  registration: ParticipantRegistration,
  existing: Pick<RegistrySnapshot, 'capabilities'>,
): readonly RegistrationRefusal[] {
  const known = [...registration.capabilities, ...existing.capabilities];
  const answers = (intentType: string) =>
    known.filter((one) => one.intents.includes(intentType)).sort((a, b) => compareVersions(b.version, a.version))[0];
  return registration.capabilities.flatMap(({ plan, durable }, position) => {
    if (plan === null) return [];
    const at = `/capabilities/${position}`;
    const problems = planProblems(plan, answers).map(({ code, detail, field }) => ({
      rule: `plan_${code}` as const,
      detail,
      field: `${at}/plan${field}`,
    }));
    return durable ? [{ ...BOTH, field: `${at}/durable` }, ...problems] : problems;
  });
}

/** The Runtime would run the plan and ask its handler for a journal, and there is none. */
const BOTH = { rule: 'plan_and_durable', detail: 'a saga is a plan or code, not both' } as const;

/**
 * A capability may not become a saga while a plan that is served names its intent: the plan would have a step that nobody
 * can run. What is registered already is no news.
 */
export function checkStepsOfPlans(
  registration: ParticipantRegistration,
  existing: Pick<RegistrySnapshot, 'capabilities' | 'instances'>,
): readonly RegistrationRefusal[] {
  const known = new Set(existing.capabilities.map(capabilityKey));
  const plans = plansServed(existing).filter(({ name }) => !registration.capabilities.some((one) => one.name === name));
  return registration.capabilities.flatMap((capability, position) => {
    if ((!capability.durable && capability.plan === null) || known.has(capabilityKey(capability))) return [];
    const [rule, member] = capability.durable
      ? (['plan_durable_step', 'durable'] as const)
      : (['plan_nested_plan', 'plan'] as const);
    const saga = `${capabilityKey(capability)} is a saga itself`;
    return plans
      .filter((one) => stepIntents(one).some((intent) => capability.intents.includes(intent)))
      .map((one) => ({
        rule,
        detail: `${saga}, and answers a step of the plan of ${capabilityKey(one)}`,
        field: `/capabilities/${position}/${member}`,
      }));
  });
}

const stepIntents = ({ plan }: RegisteredCapability): readonly string[] =>
  plan?.steps.flatMap(({ intent, compensation }) => [
    intent,
    ...(compensation === null ? [] : [compensation.intent]),
  ]) ?? [];

/** Of every capability that is served the newest version, when it is a plan: the one that new executions get. */
function plansServed({
  capabilities,
  instances,
}: Pick<RegistrySnapshot, 'capabilities' | 'instances'>): readonly RegisteredCapability[] {
  const served = new Set(instances.filter(({ draining }) => !draining).flatMap(({ serves }) => serves));
  const newest = new Map<string, RegisteredCapability>();
  for (const one of capabilities.filter((candidate) => served.has(capabilityKey(candidate))))
    if (compareVersions(one.version, newest.get(one.name)?.version ?? '0.0.0') >= 0) newest.set(one.name, one);
  return [...newest.values()].filter(({ plan }) => plan !== null);
}
