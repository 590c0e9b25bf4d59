/** A goal as it was given, with what it states that can be measured. */
export interface Goal {
  /** `goal_1` is the first given. */
  readonly goalId: string;
  readonly text: string;
  /** Amounts and dates as stated: `by 30 percent`, `by Q3`. */
  readonly statedTargets: readonly string[];
}

/** Whole: the beginning of `1,500,000` is another number. */
const NUMBER = String.raw`\d{1,15}(?:[.,]\d{1,15}){0,6}(?![.,]?\d)`;
const UNIT = String.raw`(?:\s?%|\s?(?:percent|per cent|thousand|million|billion|(?:hour|day|week|month|year)s?)\b)`;
/** With a capital: `may` and `march` are other words. */
const MONTH = '(?:January|February|March|April|May|June|July|August|September|October|November|December)';
const PERIOD = String.raw`(?:Q[1-4](?:\s+\d{4})?|(?:the\s+)?end of (?:\w{1,20} ){0,4}\d{4}|\d{4}-\d{2}-\d{2}|(?:\d{1,2}\s+)?${MONTH}(?:\s+\d{1,2},)?(?:\s+\d{4})?|20\d{2})\b`;
const anyCase = (words: readonly string[]): string =>
  `(?:${words.flatMap((word) => [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)]).join('|')})`;
const UNTIL = anyCase(['by', 'before', 'until', 'in']);
/** They compare, so that a bare number behind them is an amount. */
const COMPARED = anyCase(['below', 'above', 'at least', 'at most', 'less than', 'more than', 'up to']);
/** They may as well belong to a word before them (`win over 3 rivals`): the amount needs a unit, or to be the last word. */
const MAYBE_COMPARED = anyCase(['by', 'to', 'within', 'under', 'over', 'every']);
const TARGETS = new RegExp(
  [
    String.raw`\b${UNTIL}\s+${PERIOD}`,
    String.raw`\b${COMPARED}\s+${NUMBER}(?:${UNIT}|\b)`,
    String.raw`\b${MAYBE_COMPARED}\s+${NUMBER}(?:${UNIT}|\b(?=\s*(?:[.,;!]|$)))`,
    String.raw`\b${NUMBER}\s?(?:%|(?:percent|per cent)\b)`,
  ].join('|'),
  'g',
);

/** The goals in their order, without surrounding blanks. */
export const goalsOf = (texts: readonly string[]): Goal[] =>
  texts.map((text, index) => ({
    goalId: `goal_${index + 1}`,
    text: text.trim(),
    statedTargets: [...text.matchAll(TARGETS)].map(([target]) => target.trim()),
  }));

/** Several goals in one text: one a line, or separated by semicolons. */
export const splitGoals = (text: string): string[] => text.split(/[\n;]+/).flatMap((part) => part.trim() || []);
