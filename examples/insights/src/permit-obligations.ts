import { itemsOf, type ObligationItem } from './obligation-items.js';
import type { Finding } from './permit-finding.js';
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
const AMOUNT = String.raw`(?:\d[\d,.]{0,16}|one|two|three|four|five|six|seven|ten|thirty|sixty|ninety)`;
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
    `\\b${AMOUNT}[- ]${UNIT_OF_TIME}['\u2019]?\\s+(?:(?:prior|advance|written)\\s+){0,3}(?:notice|notification)`,
    'i',
  ),
];
const DUE = new RegExp(
  `\\b(?:due(?:\\s+(?:on|by))?|by|no later than|not later than|on or before|before|until)\\s+(${DATE_SOURCE})`,
  'i',
);
/** `No discharge before June 1` says from when on something is allowed, not when it is due. */
const NOT_BEFORE =
  /\b(?:no(?![\w.]|\s+later)|not(?!\s+later)|never|prohibited|forbidden)\b(?:(?!\b(?:and|but)\s+(?:shall|must|will)\b)[^.;,]){0,160}?(?<!\bon or )\b(?:before|until)\b/gi;
const FREQUENCY =
  /\b(?:daily|weekly|bi-?weekly|monthly|bi-?monthly|quarterly|semi-?annual(?:ly)?|annual(?:ly)?|yearly|every (?:\d+ )?(?:days?|weeks?|months?|quarters?|years?)|each (?:day|week|month|quarter|year)|once (?:a|per) (?:day|week|month|quarter|year))\b/i;
const CONFIDENCE = { marked: 0.95, inSection: 0.8, elsewhere: 0.7, untypedLess: 0.1 };

/** Words of a day when something is due, readable or not. */
const DUE_SOME_DAY =
  /\b(?:due|by|no later than|not later than|on or before|before|until)\s[^.;]{0,30}?(?:\b(?:19|20)\d{2}\b|\d[/-]\d|\bQ[1-4]\b|\b(?:January|February|March|April|June|July|August|September|October|November|December)\b)/i;

/** What the permit obliges its holder to: the items of requirement lists, and sentences that say shall or must. */
export function obligationsOf(lines: readonly TextLine[]): {
  readonly obligations: readonly Obligation[];
  readonly findings: readonly Finding[];
} {
  const { items, unread } = itemsOf(lines);
  const findings: Finding[] = [];
  const add = (code: Finding['code'], sourceLine: number | null, message: string): void =>
    void findings.push({ code, field: 'obligations', sourceLine, message });
  if (unread.length > 0)
    add(
      'text_not_read',
      unread[0] ?? null,
      `${unread.length} line(s) go on an obligation that is too long, and were not read`,
    );
  const obligations = items.map((item, index) => {
    const obligation = obligationOf(item, `obl_${index + 1}`);
    const { obligationId, dueDate, sourceLine } = obligation;
    if (dueDate === null && DUE_SOME_DAY.test(withoutNotBefore(item.text)))
      add(
        'date_not_readable',
        sourceLine,
        `${obligationId} states when it is due, but not as one day that can be read`,
      );
    return obligation;
  });
  return { obligations, findings };
}

const withoutNotBefore = (text: string): string => text.replace(NOT_BEFORE, '');

function obligationOf(item: ObligationItem, obligationId: string): Obligation {
  const rule = TYPE_RULES.find(({ pattern }) => pattern.test(item.text));
  const type = rule?.type ?? 'condition';
  const due = DUE.exec(withoutNotBefore(item.text))?.[1];
  const base =
    item.marked && item.inSection ? CONFIDENCE.marked : item.inSection ? CONFIDENCE.inSection : CONFIDENCE.elsewhere;
  return {
    obligationId,
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
}
