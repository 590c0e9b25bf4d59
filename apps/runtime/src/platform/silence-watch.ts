import type { Supervisor } from '@intendant/partition';

/** Looked for this many times within the bound, at least every second and at most every minute. */
const LOOKS_PER_BOUND = 4;

/** Asks Nurse which executions are silent, and tells of each once as long as it stays so. */
export class SilenceWatch {
  #silent: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(
    private readonly supervisor: Pick<Supervisor, 'silent'>,
    readonly boundMs: number,
    private readonly onSilent: (executionId: string) => void,
    private readonly onBlind: (error: Error) => void,
  ) {}

  /** Executions that were silent at the last look. */
  get count(): number {
    return this.#silent.size;
  }

  start(): void {
    const everyMs = Math.min(60_000, Math.max(1_000, this.boundMs / LOOKS_PER_BOUND));
    this.#timer = setInterval(() => void this.look().catch(this.onBlind), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether an execution was silent at the last look. */
  has(executionId: string): boolean {
    return this.#silent.has(executionId);
  }

  /** One look at a time; one that takes longer than the time between two stands for both. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const found = new Set(await this.supervisor.silent(this.boundMs));
      for (const executionId of found) if (!this.#silent.has(executionId)) this.onSilent(executionId);
      this.#silent = found;
    } finally {
      this.#looking = false;
    }
  }
}
