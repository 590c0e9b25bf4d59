import { itemsOf } from './obligation-items.js';
import { DATE_SOURCE, firstDate, type TextLine } from './permit-text.js';

export type ObligationType = 'restriction' | 'reporting' | 'inspection' | 'compliance' | 'condition';

export interface Obligation {
  /** `obl_1` is the first in the document. */
  readonly obligationId: string;
  readonly type: ObligationType;
  readonly description: string;
  /** The measurable part as stated: `within 90 days`, `not exceed 500,000 gallons per day`. */
  readonly complianceCriteria: string | null;
  /** ISO date, when the text states one as due. */
  readonly dueDate: string | null;
  /** As stated: `monthly`. */
  readonly frequency: string | null;
  readonly sourceLine: number | null;
  readonly sourceLines: readonly number[];
  readonly confidence: number;
}

/** First rule that fits decides; the last kind is what no rule names. */
const TYPE_RULES: readonly { readonly type: ObligationType; readonly pattern: RegExp }[] = [
  {
    type: 'restriction',
    pattern:
      /\b(?:not exceed|shall not|must not|may not|no more than|not more than|limited to|maximum|prohibit\w*|forbidden)\b/i,
  },
  { type: 'reporting', pattern: /\b(?:reports?|reporting|submit\w*|notif\w+|notices?|file with|inform)\b/i },
  { type: 'inspection', pattern: /\b(?:inspect\w*|monitor\w*|sampl\w+|test(?:s|ed|ing)?|audit\w*|survey\w*)\b/i },
  {
    type: 'compliance',
    pattern:
      /\b(?:plans?|assessments?|procedures?|comply|complies|compliance|standards?|in accordance|maintain\w*|records?)\b/i,
  },
  { type: 'condition', pattern: /\b(?:within|before|prior to|until|commence\w*|start\w*|begin\w*)\b/i },
];
const AMOUNT = String.raw`(?:\d[\d,.]*|one|two|three|four|five|six|seven|ten|thirty|sixty|ninety)`;
const UNIT_OF_TIME = '(?:calendar |business |working )?(?:minutes?|hours?|days?|weeks?|months?|years?)';
const CRITERIA: readonly RegExp[] = [
  new RegExp(
    `\\bwithin\\s+${AMOUNT}\\s*(?:\\(\\d+\\)\\s*)?${UNIT_OF_TIME}(?:\\s+(?:of|after|before|from)\\s+[^.;,]+)?`,
    'i',
  ),
  new RegExp(
    `\\b(?:not (?:to )?exceed|no more than|not more than|at least|no less than|maximum of|limited to)\\s+${AMOUNT}[^.;,]*`,
    'i',
  ),
  new RegExp(
    `\\b${AMOUNT}[- ]${UNIT_OF_TIME}['\u2019]?\\s+(?:prior\\s+|advance\\s+|written\\s+)*(?:notice|notification)`,
    'i',
  ),
];
const DUE = new RegExp(
  `\\b(?:due(?:\\s+(?:on|by))?|by|no later than|not later than|on or before|before|until)\\s+(${DATE_SOURCE})`,
  'i',
);
const FREQUENCY =
  /\b(?:daily|weekly|bi-?weekly|monthly|bi-?monthly|quarterly|semi-?annual(?:ly)?|annual(?:ly)?|yearly|every (?:\d+ )?(?:days?|weeks?|months?|quarters?|years?)|each (?:day|week|month|quarter|year)|once (?:a|per) (?:day|week|month|quarter|year))\b/i;
const CONFIDENCE = { marked: 0.95, inSection: 0.8, elsewhere: 0.7, untypedLess: 0.1 };

/** What the permit obliges its holder to: the items of requirement lists, and sentences that say shall or must. */
export function obligationsOf(lines: readonly TextLine[]): Obligation[] {
  return itemsOf(lines).map((item, index) => {
    const rule = TYPE_RULES.find(({ pattern }) => pattern.test(item.text));
    const type = rule?.type ?? 'condition';
    const due = DUE.exec(item.text)?.[1];
    const base =
      item.marked && item.inSection ? CONFIDENCE.marked : item.inSection ? CONFIDENCE.inSection : CONFIDENCE.elsewhere;
    return {
      obligationId: `obl_${index + 1}`,
      type,
      description: item.text,
      complianceCriteria:
        CRITERIA.map((pattern) => pattern.exec(item.text)?.[0].trim()).find((found) => found !== undefined) ?? null,
      dueDate: due === undefined ? null : (firstDate(due)?.iso ?? null),
      // A daily maximum says how much, not how often.
      frequency: type === 'restriction' ? null : (FREQUENCY.exec(item.text)?.[0].toLowerCase() ?? null),
      sourceLine: item.lines[0] ?? null,
      sourceLines: item.lines,
      confidence: Math.round((rule ? base : base - CONFIDENCE.untypedLess) * 100) / 100,
    };
  });
}
