import { type JsonValue } from '@intendant/kernel';
import { StepFailure } from '@intendant/participant';

interface Effect {
  readonly executionId: string;
  readonly stepId: string;
  /** `fenced`: taken back, or forbidden before it came. */
  state: 'applied' | 'fenced';
}

interface EffectCall {
  readonly executionId: string;
  readonly stepId: string;
  readonly idempotencyKey: string;
}

/** Effects of a domain service that honours its keys; it outlives processes as a database would. */
export class EffectStore {
  readonly #effects = new Map<string, Effect>();

  apply({ executionId, stepId, idempotencyKey }: EffectCall): void {
    const known = this.#effects.get(idempotencyKey);
    if (known?.state === 'fenced') throw new StepFailure('step_undone', `${stepId} has been undone`);
    this.#effects.set(idempotencyKey, { executionId, stepId, state: 'applied' });
  }

  /** A child is known by its execution's id; everything of it is taken back. */
  undo({ executionId, stepId, idempotencyKey }: EffectCall): void {
    for (const effect of this.#effects.values()) if (effect.executionId === idempotencyKey) effect.state = 'fenced';
    this.#effects.set(idempotencyKey, { executionId, stepId, state: 'fenced' });
  }

  of(executionId: string): Readonly<Record<string, number>> {
    const own = [...this.#effects.values()].filter((effect) => effect.executionId === executionId);
    return Object.fromEntries(own.map(({ stepId, state }) => [stepId, state === 'applied' ? 1 : 0]));
  }

  seen(): JsonValue {
    return [...this.#effects].filter(([, effect]) => effect.state === 'applied').map(([key]) => key);
  }
}
