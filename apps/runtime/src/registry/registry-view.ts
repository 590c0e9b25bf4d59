import type { RegisteredCapability, RegistrySnapshot } from '@intendant/intent-model';
import { inOrder } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import { ContractValidators, RegistryIndex } from '@intendant/registry';

/** The registry as this process sees it: one indexed snapshot and its compiled contracts. */
export class RegistryView {
  #index = new RegistryIndex({ revision: 0, capabilities: [], instances: [] });
  readonly validators = new ContractValidators();
  readonly #waiting = new Set<() => void>();

  constructor(private readonly logger: Logger) {}

  get index(): RegistryIndex {
    return this.#index;
  }

  replace(snapshot: RegistrySnapshot): void {
    // In canonical order once, so that recording what a capability asks for sorts nothing.
    const usable = inOrder(snapshot.capabilities).filter((capability) => this.#learn(capability));
    this.#index = new RegistryIndex({ ...snapshot, capabilities: usable });
    for (const wake of Array.from(this.#waiting)) wake();
  }

  /** Resolves at the next change of the registry, or after `timeoutMs`. */
  changed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  #learn(capability: RegisteredCapability): boolean {
    const learnt = this.validators.learn(capability);
    if (!learnt.ok)
      this.logger.error({ capability: capability.name, fault: learnt.error }, 'contract does not compile');
    return learnt.ok;
  }
}
