import { dayOf, isoOfDay } from './dates.js';

/** A line of the document; `line` is null when the parser was told not to keep line numbers. */
export interface TextLine {
  readonly line: number | null;
  readonly text: string;
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';
/** Source of a pattern for a date as documents write it. */
export const DATE_SOURCE = `(?<![\\w/.-])(?:\\d{4}-\\d{1,2}-\\d{1,2}|\\d{4}/\\d{1,2}/\\d{1,2}|${MONTH}\\s{1,2}\\d{1,2}(?:st|nd|rd|th)?,?\\s{1,2}\\d{4}|\\d{1,2}(?:st|nd|rd|th)?\\s{1,2}${MONTH},?\\s{1,2}\\d{4}|\\d{1,2}-${MONTH}-\\d{4}|\\d{1,2}/\\d{1,2}/\\d{4}|\\d{1,2}\\.\\d{1,2}\\.\\d{4})(?![\\w/-])`;
const DATE = new RegExp(DATE_SOURCE, 'i');

/** The first date of a text: as it is written, and as ISO date; null when it can be read two ways or does not exist. */
export function firstDate(text: string): { asWritten: string; iso: string | null } | undefined {
  const asWritten = DATE.exec(text)?.[0];
  if (asWritten === undefined) return undefined;
  const day = dayFrom(asWritten);
  return { asWritten, iso: day === undefined ? null : isoOfDay(day) };
}

const SOLE_DATE = new RegExp(
  `^(?:on\\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\\s+)?(${DATE_SOURCE})(?:,?\\s+(?:at\\s+)?\\d{1,2}:\\d{2}(?:\\s?[ap]\\.?m\\.?)?)?[.,]?$`,
  'i',
);

/** ISO date of a text that states one day and nothing else: `one year after issuance, not later than 1 May` does not. */
export function soleDate(text: string): string | undefined {
  const written = SOLE_DATE.exec(text.trim())?.[1];
  const day = written === undefined ? undefined : dayFrom(written);
  return day === undefined ? undefined : isoOfDay(day);
}

function dayFrom(written: string): number | undefined {
  const numbers = (written.match(/\d+/g) ?? []).map(Number) as [number, number, number];
  if (/^\d{4}[-/]/.test(written)) return dayOf(...numbers);
  if (/^\d+\./.test(written)) return dayOf(numbers[2], numbers[1], numbers[0]);
  const month = /[a-z]{3,}/i.exec(written.replace(/\d+(?:st|nd|rd|th)/gi, ''))?.[0].toLowerCase();
  if (month !== undefined)
    return dayOf(numbers[1], 1 + MONTHS.findIndex((name) => name.startsWith(month.slice(0, 3))), numbers[0]);
  const [first, second, year] = numbers;
  // 03/04/2024 is two different days; only a number above 12 tells which is which.
  if (first > 12) return dayOf(year, second, first);
  return second > 12 || first === second ? dayOf(year, first, second) : undefined;
}

const MARKER =
  /^(?:\(?\d{1,3}(?:\.\d{1,3})*[.)]|\(?[a-zA-Z][.)]|\(?[ivx]{2,4}[.)]|\d{1,3}(?:\.\d{1,3})+|[-–—•*▪◦·])\s+(?=\S)/;

/** The text behind a list marker (`3.`, `(a)`, `•`); undefined when there is none. */
export const unmarked = (text: string): string | undefined =>
  MARKER.test(text) ? text.replace(MARKER, '') : undefined;

/** How a list counts, so that levels of a list can be told apart: `1`, `1.1`, `a`, `A`, `(a)`, `•`; undefined without a marker. */
export function markerStyle(text: string): string | undefined {
  const marker = MARKER.exec(text)?.[0].trim();
  return marker
    ?.replace(/\d+/g, '1')
    .replace(/[a-z]+/, 'a')
    .replace(/[A-Z]+/, 'A');
}

export const isModal = (text: string): boolean =>
  /\b(?:shall|must|may not|ha(?:s|ve) to|(?:is|are) (?:required|obliged|prohibited)|(?:is|are) to be)\b/i.test(text);

const OBLIGATION_HEADING =
  /\b(?:requirements?|conditions?|obligations?|stipulations?|provisions?|restrictions?|terms)\b/i;
const HEADING_WORDS_MAX = 8;

/** What a line heads: a list of obligations, something else, or nothing because it is no heading. */
export function headingOf(text: string): 'obligations' | 'other' | undefined {
  const bare = (unmarked(text) ?? text).replace(/^(?:section|article|part)\s+[\divx]+\s*[-–—.:]?\s*/i, '');
  const words = bare.split(/\s+/).length;
  if (words > HEADING_WORDS_MAX || isModal(bare) || /[.;,]$/.test(bare)) return undefined;
  const isCapital = /\p{Lu}/u.test(bare) && bare === bare.toUpperCase() && !/:\s*\S/.test(bare);
  const isLabel = /^[^:]+:$/.test(bare);
  const titled = words <= 5 && bare.split(/\s+/).every((word) => /^(?:\p{Lu}|and$|of$|for$|the$|&$)/u.test(word));
  const heads = OBLIGATION_HEADING.test(bare);
  if (heads && (isCapital || isLabel || (titled && !/:\s*\S/.test(bare)))) return 'obligations';
  return (isCapital && !/\d/.test(bare)) || isLabel ? 'other' : undefined;
}

export const isPageFooter = (text: string): boolean => /^(?:page\s+)?\d+(?:\s+(?:of|\/)\s+\d+)?$/i.test(text.trim());
