import {
  CapabilityDefinition,
  type PlanStep,
  type ResolvedCapability,
  type ResolvedPlan,
  type ResolvedStep,
} from '@intendant/intent-model';
import { digestOf, type JsonValue } from '@intendant/kernel';
import type { CapabilityInput } from '@intendant/participant';

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
  planOf(intentType: string): ResolvedPlan {
    const { plan } = this.answering(intentType);
    if (plan === null) throw new Error(`${intentType} has no plan`);
    return { concurrencyMax: plan.concurrencyMax, steps: plan.steps.map((step) => this.#resolved(step)) };
  }

  /** The saga's own capability first, then those of its steps and undos. */
  capabilitiesOf(intentType: string): ResolvedCapability[] {
    const steps = this.answering(intentType).plan?.steps ?? [];
    const intents = steps.flatMap(({ intent, compensation }) => [
      intent,
      ...(compensation ? [compensation.intent] : []),
    ]);
    return [...new Set([intentType, ...intents])].map((intent) => {
      const definition = this.answering(intent);
      const { name, version } = definition;
      return { name, version, service: this.service, digest: digestOf(definition as unknown as JsonValue) };
    });
  }

  #resolved(step: PlanStep): ResolvedStep {
    const { retry, timeoutMs, compensation, ...declared } = step;
    const { name, version, sideEffects, unknownOutcome, ...own } = this.answering(step.intent);
    return {
      ...declared,
      capability: { name, version },
      compensation: compensation && {
        ...compensation,
        capability: {
          name: this.answering(compensation.intent).name,
          version: this.answering(compensation.intent).version,
        },
        timeoutMs: compensation.timeoutMs ?? this.answering(compensation.intent).timeoutMs,
      },
      retry: retry ?? own.retry,
      sideEffects,
      timeoutMs: timeoutMs ?? own.timeoutMs,
      unknownOutcome,
    };
  }
}
