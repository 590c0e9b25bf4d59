import { RpcPattern } from '@intendant/intent-model';
import type { Clock } from '@intendant/kernel';
import type { RpcClient } from '@intendant/nest-kit';
import { z } from 'zod';

const Revisions = z.object({
  revisions: z.record(z.string(), z.object({ revision: z.int(), digest: z.string() })),
  // a Smart City of before tells neither
  ageMs: z.number().nonnegative().default(0),
  isOutOfDate: z.boolean().default(false),
});

/** Newest policy revisions that Smart City told of, how old they are, and how long ago it was heard. */
export class PolicyWatch {
  /** They never go back: another replica of Smart City may not have seen yet what the one before had. */
  readonly #revisions = new Map<string, number>();
  #heardAtMs = 0;
  #ageMsThen = 0;
  #isOutOfDate = false;
  #stop: () => void = () => undefined;

  constructor(
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.#stop = this.rpc.watch<unknown>(
      RpcPattern.watchPolicy,
      () => ({}),
      (message) => {
        const parsed = Revisions.safeParse(message);
        if (!parsed.success) return;
        this.#ageMsThen = parsed.data.ageMs;
        this.#isOutOfDate = parsed.data.isOutOfDate;
        this.#heardAtMs = this.clock.nowMs();
        for (const [tenantId, { revision }] of Object.entries(parsed.data.revisions))
          this.#revisions.set(tenantId, Math.max(revision, this.#revisions.get(tenantId) ?? 0));
      },
      () => undefined,
    );
  }

  revisionOf(tenantId: string): number | undefined {
    return this.#revisions.get(tenantId);
  }

  /**
   * Milliseconds since Smart City last read its store: the age that it told by its own clock and, by the clock here, the time
   * since. The two clocks are never compared. Infinity before it was heard.
   */
  ageMs(): number {
    return this.#ageMsThen + this.silentMs();
  }

  /** Smart City said when it was last heard that it cannot read its store any more and denies everything. */
  get isOutOfDate(): boolean {
    return this.#isOutOfDate;
  }

  /** Milliseconds since Smart City was last heard; Infinity before the first time. */
  silentMs(): number {
    return this.#heardAtMs === 0 ? Number.POSITIVE_INFINITY : this.clock.nowMs() - this.#heardAtMs;
  }

  stop(): void {
    this.#stop();
  }
}
