import { labelledValues } from './permit-labels.js';
import { headingOf, isModal, isPageFooter, markerStyle, type TextLine, unmarked } from './permit-text.js';

/** A sentence that obliges, put together from its lines. */
export interface ObligationItem {
  text: string;
  readonly lines: number[];
  readonly marked: boolean;
  /** Whether it stands under a heading such as "Conditions". */
  readonly inSection: boolean;
}

interface Section {
  /** Whether its items have list markers; undefined before the first item. */
  marked?: boolean;
}

const SUBHEADING_WORDS_MAX = 4;

/** The items of lists under a heading of obligations, and sentences anywhere that say shall or must. */
export function itemsOf(lines: readonly TextLine[]): ObligationItem[] {
  const items: ObligationItem[] = [];
  let section: Section | undefined;
  let open: ObligationItem | undefined;
  const printed = lines.filter(({ text }) => !isPageFooter(text));
  printed.forEach(({ line, text }, index) => {
    const heading = headingOf(text);
    if (heading !== undefined || isSubheading(text, printed[index + 1]?.text)) {
      if (heading !== undefined) section = heading === 'obligations' ? {} : undefined;
      open = undefined;
      return;
    }
    const behindMarker = unmarked(text);
    if (open && behindMarker === undefined && continues(open, text)) {
      open.text += ` ${text}`;
      if (line !== null) open.lines.push(line);
      return;
    }
    open = undefined;
    if (!startsItem(text, behindMarker, section)) return;
    const marked = behindMarker !== undefined;
    if (section) section.marked ??= marked;
    open = { text: behindMarker ?? text, lines: line === null ? [] : [line], marked, inSection: section !== undefined };
    items.push(open);
  });
  return items;
}

/** `A. Reporting` above `1. Submit …`: a title with a marker, followed by a list that counts in another way. */
function isSubheading(text: string, next: string | undefined): boolean {
  const [title, style] = [unmarked(text), markerStyle(text)];
  if (title === undefined || next === undefined || isModal(title) || /[.;:,]$/.test(title)) return false;
  const words = title.split(/\s+/);
  const titled = words.length <= SUBHEADING_WORDS_MAX && words.every((word) => /^(?:\p{Lu}|and$|of$|&$)/u.test(word));
  const below = markerStyle(next);
  return titled && below !== undefined && below !== style;
}

function startsItem(text: string, behindMarker: string | undefined, section: Section | undefined): boolean {
  if (behindMarker === undefined && isLabelled(text)) return false;
  if (isModal(text)) return true;
  if (section === undefined || text.endsWith(':')) return false;
  if (behindMarker !== undefined) return true;
  // In a list with markers, a line without one is no item of it.
  return section.marked !== true && /^[\p{Lu}\d]\S*\s.*\s/u.test(text);
}

/** Words that a line cannot end a sentence with. */
const UNFINISHED = /(?:[,(]|\b(?:a|an|and|at|be|by|exceed|for|from|in|is|least|of|on|or|than|the|to|with|within))$/i;

/** Whether a line without a marker belongs to the sentence that is still open. */
function continues(open: ObligationItem, text: string): boolean {
  if (/[.;:]$/.test(open.text) || isLabelled(text)) return false;
  return open.marked || UNFINISHED.test(open.text) || /^[\p{Ll}(§]/u.test(text);
}

const isLabelled = (text: string): boolean =>
  labelledValues([{ line: null, text }]).size > 0 || /^\p{Lu}[\w ]{1,30}:\s*\S/u.test(text);
