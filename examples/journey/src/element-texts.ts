import type { EventTrigger, Repetition } from '@intendant/example-documents';

export const triggerText = ({ kind, detail }: EventTrigger): string => (detail === null ? kind : `${kind} ${detail}`);

/** A loop of which nothing says when it ends. */
export const isEndless = ({ manner, times, condition }: Repetition): boolean =>
  manner === 'loop' && times === null && condition === null;

export function repetitionText(repetition: Repetition): string {
  const { manner, times, items, condition, testBefore } = repetition;
  if (manner === 'loop') {
    if (isEndless(repetition)) return 'repeated until its condition is met, which is not stated';
    const asLongAs = condition === null ? '' : ` as long as ${condition}`;
    const first = testBefore === true ? ', asked before the first time, too' : '';
    return `repeated${asLongAs}${times === null ? '' : `, at most ${times} times`}${first}`;
  }
  const list = items === null ? 'for each item' : `for each of ${items}`;
  const how = manner === 'in_turn' ? 'one after the other' : 'side by side';
  const until = condition === null ? '' : `, until ${condition}`;
  return `${times === null || items !== null ? list : `${times} times`}, ${how}${until}`;
}
