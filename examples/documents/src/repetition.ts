import type { ModdleElement } from './moddle-element.js';

/** How often an activity is done, where that is not once. */
export interface Repetition {
  /** For each item one after the other or side by side, or as long as a condition holds. */
  readonly manner: 'in_turn' | 'side_by_side' | 'loop';
  /** How many times, of a loop at most, as the file words it. */
  readonly times: string | null;
  /** The list whose items it is done for. */
  readonly items: string | null;
  /** Of a loop what must hold to go on, else what ends it before its last item. */
  readonly condition: string | null;
  /** A loop that may not be done at all; left out otherwise. */
  readonly testBefore?: true;
}

/** Repetition of an activity; undefined for one that is done once, and for nodes that are no activities. */
export function repetitionOf({ loopCharacteristics: loop }: ModdleElement): Repetition | undefined {
  if (loop === undefined) return undefined;
  if (loop.$type === 'bpmn:StandardLoopCharacteristics')
    return {
      manner: 'loop',
      times: wording(loop.loopMaximum),
      items: null,
      condition: wording(loop.loopCondition?.body),
      ...(loop.testBefore === true && { testBefore: true }),
    };
  return {
    manner: loop.isSequential === true ? 'in_turn' : 'side_by_side',
    times: wording(loop.loopCardinality?.body),
    items: wording(loop.loopDataInputRef?.name ?? loop.loopDataInputRef?.id),
    condition: wording(loop.completionCondition?.body),
  };
}

const wording = (text: string | number | undefined): string | null =>
  text === undefined ? null : String(text).replace(/\s+/g, ' ').trim() || null;
