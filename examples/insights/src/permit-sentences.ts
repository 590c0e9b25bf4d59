import { labelsIn } from './permit-labels.js';
import { headingOf, isPageFooter, type TextLine, unmarked } from './permit-text.js';

/** A sentence put together from its lines. */
export interface Sentence {
  readonly text: string;
  /** Whether it certainly ends where it does: by punctuation, or because nothing that could go on follows. */
  readonly closed: boolean;
  /** The lines of the document from the first character to the last, both by their place in the text. */
  readonly linesOf: (from: number, to: number) => number[];
}

interface Paragraph {
  text: string;
  closed: boolean;
  readonly starts: { readonly at: number; readonly line: number | null }[];
}

/** Longer ones are not read: what a permit grants is said in less. */
const PARAGRAPH_CHARACTERS_MAX = 1_200;
/** A line that is shorter was hardly broken because it was full. */
const FULL_LINE_CHARACTERS = 50;
const UNFINISHED = /(?:[,(]|\b(?:a|an|and|at|be|been|by|for|from|in|is|no|not|of|on|or|than|the|to|was|with))$/i;
const GOES_ON = /^[\p{Ll}\d(§]/u;
const SENTENCE_END = /[.!?;]\s+(?=\p{Lu})/gu;
const ABBREVIATION = /(?:^|[\s(])(?:\p{Lu}|co|corp|inc|ltd|llc|no|st|mt|ft|dr|mr|mrs|ms|jr|sr|dept|div|bros|sec)$/iu;

/** The sentences of running text; labels, headings and page numbers are none and end what stands before them. */
export function sentencesOf(lines: readonly TextLine[]): Sentence[] {
  const paragraphs: Paragraph[] = [];
  let open: Paragraph | undefined;
  for (const { line, text } of lines) {
    if (text.trim() === '' || isPageFooter(text)) continue;
    const behindMarker = unmarked(text);
    const printed = (behindMarker ?? text).trim();
    if (labelsIn(printed).length > 0 || headingOf(text) !== undefined) {
      open = undefined;
      continue;
    }
    if (open && behindMarker === undefined) {
      if (continues(open, printed)) {
        append(open, line, printed);
        continue;
      }
      open.closed = /[.!?;:]$/.test(open.text);
    }
    open = { text: printed, closed: true, starts: [{ at: 0, line }] };
    paragraphs.push(open);
  }
  return paragraphs.flatMap(split);
}

function continues({ text }: Paragraph, next: string): boolean {
  if (text.length + next.length > PARAGRAPH_CHARACTERS_MAX) return false;
  if (GOES_ON.test(next)) return true;
  return !/[.!?;:]$/.test(text) && (UNFINISHED.test(text) || text.length >= FULL_LINE_CHARACTERS);
}

function append(paragraph: Paragraph, line: number | null, text: string): void {
  paragraph.starts.push({ at: paragraph.text.length + 1, line });
  paragraph.text += ` ${text}`;
}

function split({ text, closed, starts }: Paragraph): Sentence[] {
  const ends = [...text.matchAll(SENTENCE_END)]
    .filter(({ index }) => !ABBREVIATION.test(text.slice(Math.max(0, index - 8), index)))
    .map((match) => match.index + 1);
  return [0, ...ends].map((from, position) => {
    const to = ends[position] ?? text.length;
    const behind = text.slice(from, to);
    const offset = from + behind.length - behind.trimStart().length;
    return {
      text: behind.trim(),
      closed: closed || position < ends.length,
      linesOf: (first, last) =>
        starts.flatMap(({ at, line }, index) => {
          const next = starts[index + 1]?.at ?? text.length + 1;
          return line !== null && at <= offset + last && next > offset + first ? [line] : [];
        }),
    };
  });
}
