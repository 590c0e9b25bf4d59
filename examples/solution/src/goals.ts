/** A goal as it was given, with what it states that can be measured. */
export interface Goal {
  /** `goal_1` is the first given. */
  readonly goalId: string;
  readonly text: string;
  /** Amounts and dates as stated: `by 30 percent`, `by Q3`. */
  readonly statedTargets: readonly string[];
}

const AMOUNT = String.raw`\d[\d.,]*\s?(?:%|percent|per cent|(?:thousand|million|billion)\b|(?:hours?|days?|weeks?|months?|years?)\b)?`;
const PERIOD = String.raw`(?:Q[1-4](?:\s+\d{4})?|(?:the\s+)?end of [\w ]+?\d{4}|\d{4}-\d{2}-\d{2}|(?:January|February|March|April|May|June|July|August|September|October|November|December)(?:\s+\d{1,2},)?(?:\s+\d{4})?|20\d{2})`;
const TARGETS = new RegExp(
  [
    String.raw`\b(?:by|before|until|in|from)\s+${PERIOD}`,
    String.raw`\b(?:by|to|within|under|below|above|over|at least|at most|less than|more than|up to|every)\s+${AMOUNT}`,
    String.raw`\b\d[\d.,]*\s?(?:%|percent|per cent)`,
  ].join('|'),
  'gi',
);

/** The goals in their order, without surrounding blanks. */
export const goalsOf = (texts: readonly string[]): Goal[] =>
  texts.map((text, index) => ({
    goalId: `goal_${index + 1}`,
    text: text.trim(),
    statedTargets: [...text.matchAll(TARGETS)].map(([target]) => target.trim().replace(/[.,]$/, '')),
  }));

/** Several goals in one text: one a line, or separated by semicolons. */
export const splitGoals = (text: string): string[] => text.split(/[\n;]+/).flatMap((part) => part.trim() || []);
