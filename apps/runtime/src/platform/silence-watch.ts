import type { Supervisor } from '@intendant/partition';

/** Looked for this many times within the bound, at least every second and at most every minute. */
const LOOKS_PER_BOUND = 4;

/** Asks Nurse which executions are silent, and tells of each once as long as it stays so. */
export class SilenceWatch {
  #silent: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly supervisor: Pick<Supervisor, 'silent'>,
    readonly boundMs: number,
    private readonly onSilent: (executionId: string) => void,
  ) {}

  /** Executions that were silent at the last look. */
  get count(): number {
    return this.#silent.size;
  }

  start(): void {
    const everyMs = Math.min(60_000, Math.max(1_000, this.boundMs / LOOKS_PER_BOUND));
    this.#timer = setInterval(() => this.look(), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const found = new Set(this.supervisor.silent(this.boundMs));
    for (const executionId of found) if (!this.#silent.has(executionId)) this.onSilent(executionId);
    this.#silent = found;
  }
}
