import { StepFailure } from '@intendant/participant';

/** One COBOL sentence: its words up to the full stop, in upper case but for literals, and the line it starts on. */
export interface Sentence {
  readonly line: number;
  readonly words: readonly string[];
}

/** A comment to the end of the line, a literal, a literal that is not closed, or a word. */
const WORD = /\*>.*|[XNGZ]?'(?:[^']|'')*'|[XNGZ]?"(?:[^"]|"")*"|['"].*|(?:(?!\*>)[^\s'"])+/gi;
/** A data item in free format starts with its level of two digits, which no sequence number is. */
const FIXED_LINE = /^(?: {6}|[A-Za-z0-9]{6})(?:[ */DdSs$-]|$)/;

/**
 * Splits a copybook into sentences. Fixed format (letters and digits or blanks in columns 1–6, indicator in 7, text to
 * 72) is taken when every line that is not blank keeps it; otherwise the text is free format.
 */
export function sentencesOf(source: string): Sentence[] {
  const lines = source.split(/\r\n|\n|\r/).map((line) => expandTabs(line.trimEnd()));
  const fixed = lines.every((line) => line === '' || FIXED_LINE.test(line));
  const sentences: Sentence[] = [];
  let open: { line: number; words: string[] } | undefined;
  lines.forEach((line, index) => {
    for (const word of codeOf(line, fixed, index + 1).match(WORD) ?? []) {
      if (word.startsWith('*>')) break;
      const { text, ends } = trimWord(word, index + 1);
      open ??= { line: index + 1, words: [] };
      if (text !== '') open.words.push(text);
      if (!ends) continue;
      if (open.words.length > 0) sentences.push(open);
      open = undefined;
    }
  });
  if (open !== undefined) throw malformed(open.line, 'the sentence has no full stop');
  return sentences;
}

/** The code area of a line; empty for comments, page breaks and debugging lines. */
function codeOf(line: string, fixed: boolean, lineNumber: number): string {
  if (!fixed) return /^\s*[*/]/.test(line) ? '' : line;
  const indicator = line[6] ?? ' ';
  if (indicator === '-') {
    throw new StepFailure('copybook_not_supported', `line ${lineNumber} continues a literal of the line before`, {
      details: { line: lineNumber, feature: 'continuation' },
    });
  }
  return indicator === ' ' ? line.slice(7, 72) : '';
}

function trimWord(word: string, line: number): { text: string; ends: boolean } {
  if (/^[XNGZ]?(['"]).*\1$/i.test(word) && word.length > 1) return { text: word, ends: false };
  if (/^['"]/.test(word)) throw malformed(line, `the literal ${word} is not closed`);
  const ends = word.endsWith('.');
  return { text: word.replace(ends ? /\.$/ : /[,;]$/, '').toUpperCase(), ends };
}

const expandTabs = (line: string): string =>
  line.includes('\t') ? line.replace(/\t/g, (_, at: number) => ' '.repeat(8 - (at % 8))) : line;

/** A copybook that is not COBOL, with the line that shows it. */
export const malformed = (line: number, reason: string): StepFailure =>
  new StepFailure('copybook_malformed', `copybook line ${line}: ${reason}`, { details: { line, reason } });
