import type { Logger } from '@intendant/nest-kit';
import type { TenantPolicies } from './tenant-policies.js';

/** Looks at the store again and again, the next time a while after the last look has ended. */
export class PolicyPoll {
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly policies: TenantPolicies,
    private readonly everyMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#look().then(() => {
        if (!this.#stopped) this.start();
      });
    }, this.everyMs);
  }

  /** Resolves once no look at the store is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #look(): Promise<void> {
    try {
      await this.policies.refresh();
      if (this.#isFailing) this.logger.info('policy store can be read again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.logger.warn({ err: error }, 'policy store cannot be read');
      this.#isFailing = true;
    }
  }
}
