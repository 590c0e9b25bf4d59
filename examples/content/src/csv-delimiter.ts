import { StepFailure } from '@intendant/participant';

const CANDIDATES = [',', ';', '\t', '|'] as const;
const HEAD_CHARACTERS = 64 * 1024;
/** `1.234,50`, `-2,5 €`: a number with a decimal comma. */
const DECIMAL_COMMA = /^\s*[-+]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+\s*(?:[%€$£]|[A-Z]{3})?\s*$/;
const LETTER = /\p{L}/u;

/** A character that may be the delimiter: it stands in the first line, and as often in so many lines. */
interface Candidate {
  readonly delimiter: string;
  readonly perLine: number;
  readonly agreeing: number;
}

/** Whether the lines tell that one character is the delimiter and another one is text in its fields. */
type Rule = (lines: readonly string[], delimiter: Candidate, other: Candidate) => boolean;

/** What decides between characters that divide all lines alike, the surest first. */
const RULES: readonly Rule[] = [isBlankBehind, isTab, isOfSentences, isOfDecimals, isTooFrequent];

/**
 * The delimiter of a CSV text: of the characters found in its first line, the one that occurs equally often in most
 * lines of the head (quoted parts not counted). A comma when there is none. Where several divide every line alike and
 * nothing tells which is text, `csv_delimiter_ambiguous`: the numbers would be others.
 */
export function detectDelimiter(text: string): string {
  const lines = linesOutsideQuotes(text);
  const candidates = CANDIDATES.map((delimiter): Candidate => {
    const perLine = countOf(delimiter, lines[0]);
    return { delimiter, perLine, agreeing: lines.filter((line) => countOf(delimiter, line) === perLine).length };
  }).filter(({ perLine }) => perLine > 0);
  const most = Math.max(...candidates.map(({ agreeing }) => agreeing));
  const tied = candidates.filter(({ agreeing }) => agreeing === most);
  if (tied.length > 1 && most === lines.length) return toldApart(lines, tied);
  return tied.toSorted((a, b) => b.perLine - a.perLine)[0]?.delimiter ?? ',';
}

function toldApart(lines: readonly string[], tied: readonly Candidate[]): string {
  for (const rule of RULES) {
    const [told, ...others] = tied.filter((one) => tied.every((other) => other === one || rule(lines, one, other)));
    if (told !== undefined && others.length === 0) return told.delimiter;
  }
  const delimiters = tied.map(({ delimiter }) => delimiter);
  const named = delimiters.map((one) => JSON.stringify(one)).join(' as with ');
  throw new StepFailure(
    'csv_delimiter_ambiguous',
    `the file reads as well with ${named}; name parseOptions.delimiter`,
    {
      details: { delimiters },
    },
  );
}

/** `a,\tb`: the tabs are blanks behind the delimiter. */
function isBlankBehind(lines: readonly string[], { delimiter }: Candidate, other: Candidate): boolean {
  return other.delimiter === '\t' && lines.every((line) => countOf(`${delimiter}\t`, line) === other.perLine);
}

/** Nobody writes tabs into a text, as often in every line. */
function isTab(_lines: readonly string[], { delimiter }: Candidate): boolean {
  return delimiter === '\t';
}

/** `Doe, Jane;30`: the other one is always followed by a blank and a word, the delimiter never by a blank. */
function isOfSentences(lines: readonly string[], { delimiter }: Candidate, other: Candidate): boolean {
  return lines.every((line) => !line.includes(`${delimiter} `) && isOfSentence(line, other.delimiter));
}

/** `1,50;2`: every comma is a decimal one, or one of a sentence. */
function isOfDecimals(lines: readonly string[], { delimiter }: Candidate, other: Candidate): boolean {
  if (other.delimiter !== ',') return false;
  const fields = lines.flatMap((line) => line.split(delimiter)).filter((field) => field.includes(','));
  const texts = fields.filter((field) => !DECIMAL_COMMA.test(field));
  return texts.length < fields.length && texts.every((field) => isOfSentence(field, ','));
}

/** `a;b;c;d,e`: far more frequent. Where the other one stood between the fields, most would be lists. */
function isTooFrequent(_lines: readonly string[], delimiter: Candidate, other: Candidate): boolean {
  return delimiter.perLine > other.perLine + 1;
}

const isOfSentence = (text: string, mark: string): boolean =>
  text.split(mark).every((part, index) => index === 0 || (part.startsWith(' ') && LETTER.test(part.charAt(1))));

const countOf = (part: string, line = ''): number => line.split(part).length - 1;

/** The lines of the head that are not blank; a quoted part is no more than its quotes. */
function linesOutsideQuotes(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  let quoted = false;
  for (const character of text.slice(0, HEAD_CHARACTERS)) {
    if (character === '"') quoted = !quoted;
    if (quoted && character !== '"') continue;
    if (character === '\n' || character === '\r') {
      if (line !== '') lines.push(line);
      line = '';
    } else line += character;
  }
  // The last line may have been cut off by the head's end; it counts only when it is all there is.
  const isCut = text.length > HEAD_CHARACTERS && lines.length > 0;
  return line === '' || isCut ? lines : [...lines, line];
}
