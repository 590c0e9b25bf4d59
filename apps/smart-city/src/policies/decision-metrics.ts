import type { PolicyDecision } from '@intendant/intent-model';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { TenantPolicies } from './tenant-policies.js';

/** What operators watch of the decisions and of the policies on hand. */
export class DecisionMetrics {
  readonly #decisions: Counter<'effect' | 'code'>;

  constructor(private readonly registry: Registry) {
    this.#decisions = new Counter({
      name: 'intendant_policy_decisions_total',
      help: 'Policy decisions by effect and code',
      labelNames: ['effect', 'code'],
      registers: [registry],
    });
  }

  count({ effect, code }: PolicyDecision): void {
    this.#decisions.inc({ effect, code: code ?? 'none' });
  }

  /** Reads the age and number of the policies whenever somebody asks for the metrics. */
  observe(policies: TenantPolicies, nowMs: () => number): void {
    new Gauge({
      name: 'intendant_policy_age_seconds',
      help: 'Time since the policy store was last read with success',
      registers: [this.registry],
      collect() {
        this.set((nowMs() - policies.checkedAtMs) / 1_000);
      },
    });
    new Gauge({
      name: 'intendant_policies',
      help: 'Tenants by the state of their policy',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        const states = [...policies.all()].map(({ state }) => state);
        for (const state of ['ready', 'broken'] as const)
          this.set({ state }, states.filter((found) => found === state).length);
      },
    });
  }
}
