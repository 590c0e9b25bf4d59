import type { ParticipantRegistration, RegistrySnapshot } from '@intendant/intent-model';
import { compareVersions, type RegistrationRefusal } from '@intendant/registry';
import { planProblems } from '@intendant/saga';

/** Every rule that the plans of a registration break, judged with everything that is registered, itself included. */
export function checkPlans(
  registration: ParticipantRegistration,
  existing: Pick<RegistrySnapshot, 'capabilities'>,
): readonly RegistrationRefusal[] {
  const known = [...registration.capabilities, ...existing.capabilities];
  const answers = (intentType: string) =>
    known.filter((one) => one.intents.includes(intentType)).sort((a, b) => compareVersions(b.version, a.version))[0];
  return registration.capabilities.flatMap(({ plan }, position) =>
    plan === null
      ? []
      : planProblems(plan, answers).map(({ code, detail, field }) => ({
          rule: `plan_${code}` as const,
          detail,
          field: `/capabilities/${position}/plan${field}`,
        })),
  );
}
