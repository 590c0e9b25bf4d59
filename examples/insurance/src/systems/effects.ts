import type { ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, StepFailure } from '@intendant/participant';
import type { TenantSystems } from './tenant-systems.js';

/** What is known of the call whose effect is made single. */
export type EffectCall = Pick<HandlerContext, 'idempotencyKey' | 'undoes' | 'executionId' | 'stepId'>;

interface EffectRow {
  readonly state: 'applied' | 'fenced';
  readonly set_id: string | null;
  readonly result: string | null;
}

/** A forward effect that is there and is to be taken back. */
export interface UndoneEffect {
  readonly key: string;
  /** The set it worked on. */
  readonly setId: string | null;
}

const FIND = 'SELECT state, set_id, result FROM effects WHERE idempotency_key = ?';
const INSERT = `INSERT INTO effects (idempotency_key, operation, execution_id, step_id, set_id, state, result, calls)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const COUNT = 'UPDATE effects SET calls = calls + 1 WHERE idempotency_key = ?';
const FENCE = `UPDATE effects SET state = 'fenced', result = NULL WHERE idempotency_key = ?`;

/**
 * Makes effects single: the key of a call is kept in the transaction of its effect, so that either both are there or
 * neither. A key whose effect was taken back, or was to be taken back before it came, is fenced: the step may arrive as
 * late as it likes, after any number of restarts, and has no effect any more.
 */
export class Effects {
  constructor(
    private readonly systems: TenantSystems,
    private readonly operation: string,
    private readonly call: EffectCall,
  ) {}

  /** The result under this key, if the effect is there; also tells a step that has been undone. */
  known(): ParticipantResult | null {
    return this.systems.transaction(() => this.#held());
  }

  /** Applies the effect once; `setId` is what an undo will find again. Asked again, the first result is the answer. */
  apply(setId: string | null, effect: () => ParticipantResult): ParticipantResult {
    return this.systems.transaction(() => {
      const held = this.#held();
      if (held !== null) return held;
      const result = effect();
      this.#insert(this.call.idempotencyKey, setId, 'applied', result);
      return result;
    });
  }

  /**
   * Takes an effect back once. What never ran is fenced without further ado; what was undone before stays so. A `reverse`
   * that throws leaves everything as it was, the fence included.
   */
  undo(reverse: (undone: UndoneEffect) => void): ParticipantResult {
    const forwardKey = this.call.undoes?.idempotencyKey;
    if (forwardKey === undefined)
      throw new StepFailure('not_an_undo', `${this.operation} undoes a step and is no step of its own`, {
        details: { operation: this.operation },
      });
    return this.systems.transaction(() => {
      const held = this.#held();
      if (held !== null) return held;
      const forward = this.systems.first<EffectRow>(FIND, forwardKey);
      const setId = forward?.set_id ?? null;
      if (forward?.state === 'applied') {
        reverse({ key: forwardKey, setId });
        this.systems.run(FENCE, forwardKey);
      } else if (forward === undefined) this.#insert(forwardKey, null, 'fenced', null, 0);
      const result = this.#undoneResult(forward?.state === 'applied');
      this.#insert(this.call.idempotencyKey, setId, 'applied', result);
      return result;
    });
  }

  #held(): ParticipantResult | null {
    const { idempotencyKey } = this.call;
    const row = this.systems.first<EffectRow>(FIND, idempotencyKey);
    if (row === undefined) return null;
    if (row.state === 'fenced')
      throw new StepFailure('step_undone', 'the step has been undone', { details: { operation: this.operation } });
    this.systems.run(COUNT, idempotencyKey);
    return JSON.parse(row.result as string) as ParticipantResult;
  }

  #insert(key: string, setId: string | null, state: EffectRow['state'], result: ParticipantResult | null, calls = 1) {
    const { executionId, stepId } = this.call;
    const stored = result === null ? null : JSON.stringify(result);
    this.systems.run(INSERT, key, this.operation, executionId, stepId, setId, state, stored, calls);
  }

  #undoneResult(reversed: boolean): ParticipantResult {
    const data = { operation: this.operation, stepId: this.call.stepId, reversed };
    return { artifacts: [], events: [{ eventType: 'insurance.step_undone', data }], stateChanges: [] };
  }
}
