import { labelsIn } from './permit-labels.js';
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
/** More is no obligation of a permit any more; what goes on behind it is counted, not read. */
const ITEM_CHARACTERS_MAX = 8_000;

/** The items of lists under a heading of obligations, and sentences anywhere that say shall or must. */
export function itemsOf(lines: readonly TextLine[]): {
  readonly items: readonly ObligationItem[];
  /** Lines that an item went on with beyond its greatest length. */
  readonly unread: readonly (number | null)[];
} {
  const items: ObligationItem[] = [];
  const unread: (number | null)[] = [];
  let section: Section | undefined;
  let open: ObligationItem | undefined;
  /** Its last line. */
  let last = '';
  const printed = lines.filter(({ text }) => !isPageFooter(text));
  printed.forEach(({ line, text }, index) => {
    const heading = headingOf(text);
    if (heading !== undefined || isSubheading(text, printed[index + 1]?.text)) {
      if (heading !== undefined) section = heading === 'obligations' ? {} : undefined;
      open = undefined;
      return;
    }
    const behindMarker = unmarked(text);
    if (open && behindMarker === undefined && continues(open, last, text)) {
      last = text;
      if (open.text.length + text.length > ITEM_CHARACTERS_MAX) {
        unread.push(line);
        return;
      }
      open.text += ` ${text}`;
      if (line !== null) open.lines.push(line);
      return;
    }
    open = undefined;
    if (!startsItem(text, behindMarker, section)) return;
    const marked = behindMarker !== undefined;
    if (section) section.marked ??= marked;
    open = { text: behindMarker ?? text, lines: line === null ? [] : [line], marked, inSection: section !== undefined };
    last = text;
    items.push(open);
  });
  // A first line may end before the word that tells.
  return { items: items.filter((item) => !NOT_CONSTRUED.test(item.text)), unread };
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
  if (behindMarker === undefined && isLabelled(text)) return obligesLabelled(text);
  if (obligesNobody(behindMarker ?? text)) return false;
  if (isModal(text)) return true;
  if (section === undefined || text.endsWith(':')) return false;
  if (behindMarker !== undefined) return true;
  // In a list with markers, a line without one is no item of it.
  return section.marked !== true && /^[\p{Lu}\d]\S*\s.*\s/u.test(text);
}

/** Words that a line cannot end a sentence with. */
const UNFINISHED = /(?:[,(]|\b(?:a|an|and|at|be|by|exceed|for|from|in|is|least|of|on|or|than|the|to|with|within))$/i;

/** Whether a line without a marker belongs to the sentence that is still open. */
function continues(open: ObligationItem, last: string, text: string): boolean {
  if (/[.;:]$/.test(last) || isLabelled(text)) return false;
  return open.marked || UNFINISHED.test(last) || /^[\p{Ll}(§]/u.test(text);
}

const NOT_OBLIGED =
  /\b(?:(?:(?:shall|must|will|is|are|be)\s+)?(?:not|never|no longer)\s+(?:be\s+)?(?:required|obliged|obligated|necessary|needed)|need\s+not|(?:does|do)\s+not\s+(?:have|need)\s+to|(?:is|are)\s+exempt)\b/gi;
/** `Nothing in this permit shall be construed to require …`, and nothing else: tells how to read the permit. */
const NOT_CONSTRUED =
  /^(?:nothing\b[^.;]{0,160}?\bbe|(?:(?!\b(?:shall|must|may)\b)[^.;,]){0,80}\b(?:shall|must|may|is|are)\s+not\s+(?:to\s+)?be)\s+(?:construed|interpreted|deemed|understood)\b(?:(?!,\s+(?:and|but)\b)(?:[^.;]|\.(?=\S)))*[.;]?$/i;
const POINTS_ELSEWHERE = /^(?:(?:see|refer to|as shown in)\s|[\p{L}\s]{1,40}:?\s+(?:none|n\/a|not applicable)\.?$)/iu;

/** Whether an item frees of something, points elsewhere or says that there is nothing. */
function obligesNobody(text: string): boolean {
  const rest = text.replace(NOT_OBLIGED, '');
  return NOT_CONSTRUED.test(text) || (!isModal(rest) && (rest !== text || POINTS_ELSEWHERE.test(text)));
}

/** `Agency: shall be notified …`: a known name that obliges instead of stating a value. */
const obligesLabelled = (text: string): boolean =>
  labelsIn(text).some(({ value }) => /^(?:shall|must|may not)\b/i.test(value) && !obligesNobody(value));

const isLabelled = (text: string): boolean =>
  labelsIn(text).some(({ value }) => value !== '') || /^\p{Lu}[\w ]{1,30}:\s*\S/u.test(text);
