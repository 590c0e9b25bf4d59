import { CapabilityDefinition, type ResolvedCapability } from '@intendant/intent-model';
import { digestOf, type JsonValue, ok } from '@intendant/kernel';
import type { CapabilityInput } from '@intendant/participant';
import { type PinnedPlan, type PlanAnswer, resolvePlan } from '@intendant/saga';

/** No bound but what the plan itself says. */
const EXECUTION_MS_MAX = 86_400_000;

/** What one service registers, as the Runtime looks it up at acceptance. */
export class OwnRegistry {
  readonly #byIntent: ReadonlyMap<string, CapabilityDefinition>;

  constructor(
    private readonly service: string,
    capabilities: readonly CapabilityInput[],
  ) {
    const definitions = capabilities.map((capability) => CapabilityDefinition.parse(capability));
    this.#byIntent = new Map(definitions.flatMap((one) => one.intents.map((intent) => [intent, one] as const)));
  }

  answering(intentType: string): CapabilityDefinition {
    const found = this.#byIntent.get(intentType);
    if (found === undefined) throw new Error(`nobody answers ${intentType}`);
    return found;
  }

  /** The plan of a saga with everything that it needs, pinned. */
  pinned(intentType: string): PinnedPlan {
    const answer = (intent: string) => ok(this.#answer(intent));
    const resolved = resolvePlan(answer, intentType, [this.#answer(intentType)], EXECUTION_MS_MAX);
    if (resolved.ok && resolved.value !== null) return resolved.value;
    throw new Error(`${intentType} has no plan that can be resolved`);
  }

  #answer(intentType: string): PlanAnswer {
    const capability = this.answering(intentType);
    const { name, version } = capability;
    const digest = digestOf(capability as unknown as JsonValue);
    const resolved: ResolvedCapability = { name, version, service: this.service, digest };
    return { resolved, capability };
  }
}
