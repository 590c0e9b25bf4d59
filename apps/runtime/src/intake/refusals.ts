import type { Failure, Intent, PolicyDecision, Principal } from '@intendant/intent-model';
import type { IdSource, Scheduler } from '@intendant/kernel';
import type { LogWriter } from '@intendant/partition';
import { type Attribution, type RecordDraft, refusalsOf } from '@intendant/wal';
import type { Mismatch } from './identity-override.js';

/** Refusals of one tenant recorded one by one per window; the rest of the window is one counted record. */
const SINGLE_PER_WINDOW_MAX = 100;
const WINDOW_MS = 10_000;

/** Codes that are only ever counted: they come in floods by nature. */
const COUNTED_ONLY = new Set<string>(['rate_limited', 'overloaded', 'storage_low', 'shutting_down', 'wal_unavailable']);

/** What is known of a refused request; digests stand in for payloads. */
export interface Refused {
  readonly principal: Principal;
  readonly found: Failure;
  readonly correlationId: string;
  readonly sessionId: string | null;
  readonly intent?: Omit<Intent, 'payload'>;
  readonly fingerprint?: string;
  readonly decision?: PolicyDecision;
  readonly mismatches?: readonly Mismatch[];
  /** The operation, when it was no intent that was refused. */
  readonly asked?: Asked;
}

/** An operation that policy was asked about, and what it was aimed at, as the caller named it. */
export interface Asked {
  readonly action: string;
  readonly targetId?: string;
}

interface Window {
  single: number;
  readonly counted: Map<string, number>;
  readonly cancel: () => void;
}

/** Records what was refused in the tenant's refusal stream, bounded per tenant. */
export class Refusals {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly log: LogWriter,
    private readonly ids: IdSource,
    private readonly scheduler: Scheduler,
    private readonly onRefused: (code: string) => void,
    /** Told of counts that could not be written. They are not tried again: an append that failed may still count. */
    private readonly onLost: (tenantId: string, counted: ReadonlyMap<string, number>, error: unknown) => void,
  ) {}

  /** Resolves with the refusal's id once it is durable, or with null when it is only counted. */
  async record(refused: Refused): Promise<string | null> {
    const { tenantId } = refused.principal;
    const window = this.#windows.get(tenantId) ?? this.#openWindow(tenantId);
    const { code } = refused.found;
    this.onRefused(code);
    if (COUNTED_ONLY.has(code) || window.single >= SINGLE_PER_WINDOW_MAX) {
      window.counted.set(code, (window.counted.get(code) ?? 0) + 1);
      return null;
    }
    window.single += 1;
    const refusalId = this.ids.next('rfs');
    await this.log.append(refusalsOf(tenantId), attributionOf(refused), drafts(refused, refusalId));
    return refusalId;
  }

  /** Writes every count that is still open; those of one tenant that cannot be written keep back no other's. */
  async flush(): Promise<void> {
    for (const [tenantId, window] of Array.from(this.#windows)) {
      window.cancel();
      await this.#closeWindow(tenantId, window);
    }
  }

  #openWindow(tenantId: string): Window {
    const window: Window = {
      single: 0,
      counted: new Map(),
      cancel: this.scheduler.after(WINDOW_MS, () => void this.#closeWindow(tenantId, window)),
    };
    this.#windows.set(tenantId, window);
    return window;
  }

  async #closeWindow(tenantId: string, window: Window): Promise<void> {
    if (this.#windows.get(tenantId) === window) this.#windows.delete(tenantId);
    if (window.counted.size === 0) return;
    const records = [...window.counted].map(
      ([code, count]): RecordDraft => ({
        type: 'refusal.counted',
        actor: 'runtime',
        cause: null,
        data: { code, count, windowMs: WINDOW_MS },
      }),
    );
    const nobody = { tenantId, sessionId: null, executionId: null, intentId: null, correlationId: null };
    try {
      await this.log.append(refusalsOf(tenantId), nobody, records);
    } catch (error) {
      this.onLost(tenantId, window.counted, error);
    }
  }
}

const attributionOf = (refused: Refused): Attribution => ({
  tenantId: refused.principal.tenantId,
  // A session that is not this tenant's to name is not attributed.
  sessionId: refused.intent !== undefined && refused.sessionId !== null ? refused.sessionId : null,
  executionId: null,
  intentId: refused.intent?.intentId ?? null,
  correlationId: refused.correlationId,
});

function drafts(refused: Refused, refusalId: string): readonly RecordDraft[] {
  const { intent, decision, found, principal, fingerprint, asked } = refused;
  const actor = `user:${principal.userId}`;
  const list: RecordDraft[] = [];
  if (intent !== undefined && fingerprint !== undefined)
    list.push({
      type: 'intent.received',
      actor,
      cause: null,
      data: { fingerprint, intent: { ...intent, payload: null }, keyDigest: null },
    });
  if (decision !== undefined)
    list.push({
      type: 'policy.decided',
      actor: 'service:smart-city',
      cause: list.length > 0 ? { draft: 0 } : null,
      data: { decision },
    });
  list.push({
    type: 'intent.rejected',
    // Whose request it was: a refusal is its user's to read.
    actor,
    cause: list.length > 0 ? { draft: list.length - 1 } : null,
    data: {
      code: found.code,
      detail: found.detail.slice(0, 2_000),
      field: found.field ?? null,
      mismatches: refused.mismatches === undefined ? null : refused.mismatches.map((one) => ({ ...one })),
      refusalId,
      ...(asked && { asked: { action: asked.action, targetId: recordable(asked.targetId) } }),
    },
  });
  return list;
}

/** A path may name anything; what can be the id of nothing is not kept. */
const recordable = (id: string | undefined): string | null =>
  id !== undefined && id.length <= 256 && /^[^\p{Cc}\p{Cs}]+$/u.test(id) ? id : null;
