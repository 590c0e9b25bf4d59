import { labelsIn, type PermitField } from './permit-labels.js';
import { type Sentence, sentencesOf } from './permit-sentences.js';
import { DATE_SOURCE, headingOf, type TextLine } from './permit-text.js';
import { doubtOf, isPlaceholder } from './permit-values.js';

/** What a sentence says of the permit itself. */
export interface Statement {
  readonly field: PermitField;
  readonly value: string;
  readonly sourceLines: readonly number[];
}

const NUMBER_SOURCE = String.raw`[A-Z]{1,10}[-/]?\d[\w/-]{0,40}`;
/** The permit as what a sentence is about: `This air permit`, `Permit WQ-2023-77`. */
const SUBJECT = new RegExp(
  `^(?<before>(?:\\p{L}[\\p{L}-]{0,30}\\s+){0,5}?)[Pp](?:ermit|ERMIT)(?:\\s+(?:[Nn][Oo]\\.?|[Nn]umber|#))?(?:\\s*\\b(?<number>${NUMBER_SOURCE}))?(?![\\w/-])`,
  'u',
);
const THIS_ONE = /^(?:this|the|your)\b/i;
/** Words that make it another permit, one that is not there yet, or none. */
const NOT_THIS_ONE =
  /\b(?:no(?!\.)|not|never|neither|any|each|every|an|another|other|former|previous|prior|earlier|original|old|expired|draft|proposed|existing|related|associated|parent|supersed\w*|replac\w*|renew\w*|revok\w*|withdrawn|cancel\w*|void|denied|refused|reject\w*|appl(?:y|ies|ied|icants?|ications?)|request\w*|ask\w*|seek\w*|propos\w*|if|unless|when|once|whether|pending|would|could|might|may|sample|example|template|certificates?|licen[cs]es?|see)\b/i;
/** `Application for permit`: the permit is not what the words are about. */
const PREPOSITION = /\b(?:under|for|to|of|by|in|with|on)\b/i;
/** Behind a statement they take it back or make it depend on something. */
const TAKEN_BACK =
  /\b(?:revok\w*|void|withdrawn|cancel\w*|supersed\w*|denied|refused|expired|draft|if|unless|provided|when|once|pending|whichever|or)\b/i;
const TAIL =
  /^(?:\.?$|[,;]?\s+(?:under|pursuant|subject|effective|in\s+accordance|and\s+is|for\s+\p{Ll}|with\s+\p{Ll}))/u;
const NAME_SOURCE = String.raw`([^,;:]{2,100}?(?:,\s+(?:LLC|L\.L\.C\.|LLP|LP|Inc|Ltd|Corp|Co|N\.A)\b\.?)?)(?=\s+(?:to|by|on|under|pursuant|effective|subject|with|for\s+\p{Ll}\w*|in\s+accordance|and\s+(?:is|shall|will|expires?|valid))\b|[,;]|\.?$)`;
const VERB_FOLLOWS = /^,?\s+(?:is|was|has been|shall|will|expires)\b/i;
const BEFORE = String.raw`,?\s*(?:and\s+)?`;
const GRANT = new RegExp(
  `${BEFORE}(?:(?:is|was|has\\s+been)\\s+)?(?:(?:hereby|duly)\\s+)?(?:issued|granted)\\b`,
  'iuy',
);
const EXPIRY = new RegExp(
  `${BEFORE}(?:(?:(?:shall|will)\\s+)?expires?(?:\\s+on)?|(?:(?:is|was)\\s+)?valid\\s+(?:until|through|to))\\s+(${DATE_SOURCE})`,
  'iuy',
);
/** What may follow the grant, one after the other. */
const CLAUSES: readonly { readonly field: PermitField; readonly pattern: RegExp }[] = [
  { field: 'issueDate', pattern: new RegExp(`,?\\s+on\\s+(${DATE_SOURCE})`, 'iuy') },
  { field: 'issuingAuthority', pattern: new RegExp(`,?\\s+(?:by|BY)\\s+(?:[Tt]he\\s+|THE\\s+)?${NAME_SOURCE}`, 'uy') },
  { field: 'permitHolder', pattern: new RegExp(`,?\\s+(?:to|TO)\\s+(?:[Tt]he\\s+|THE\\s+)?${NAME_SOURCE}`, 'uy') },
];
const TITLE = new RegExp(
  `^(?<before>(?:\\p{Lu}[\\p{L}-]{0,30}\\s+){0,4})P(?:ermit|ERMIT)\\s+(?:[Nn][Oo]\\.?\\s*|#\\s*)?(?<number>${NUMBER_SOURCE})$`,
  'u',
);
const SURVEY_PLACE =
  /\bSection\s+\d{1,3},?\s+(?:Township\s+\d{1,3}\s?[NS]|T-?\d{1,3}[NS]),?\s+(?:Range\s+\d{1,3}\s?[EW]|R-?\d{1,3}[EW])/;

/**
 * What sentences state in the closed forms that grants are worded in. A sentence of any other form (one that denies, asks,
 * supposes, or is about another permit) states nothing: a value that is missing is found by a reader, an invented one is not.
 */
export function statementsOf(lines: readonly TextLine[], permitNumber: string | undefined): Statement[] {
  const sentences = sentencesOf(lines);
  const stated = [...titlesOf(lines), ...sentences.flatMap((sentence, index) => read(sentence, sentences[index - 1]))];
  const number = permitNumber ?? stated.find((one) => one.number !== undefined)?.number;
  return [
    ...stated.flatMap((one) => {
      if (one.number === undefined || one.number === number) return one.statements;
      // Another permit, unless there is no telling which of the two this is.
      return permitNumber === undefined ? one.statements.filter(({ field }) => field === 'permitNumber') : [];
    }),
    ...placesOf(lines),
  ];
}

interface Reading {
  /** Number of the permit that the sentence names. */
  readonly number: string | undefined;
  readonly statements: readonly Statement[];
}

function read(sentence: Sentence, previous: Sentence | undefined): Reading[] {
  const { text, closed, linesOf } = sentence;
  if (!closed) return [];
  const at = (value: string, from: number): readonly number[] => linesOf(from, from + value.length - 1);
  const subject = subjectOf(text, previous);
  if (subject === undefined) return [];
  const said = predicatesOf(text, subject.end);
  if (said === undefined) return [];
  const statements = said.map(({ field, value, from }) => ({ field, value, sourceLines: at(value, from) }));
  if (subject.number === undefined) return [{ number: undefined, statements }];
  const sourceLines = at(subject.number, text.indexOf(subject.number));
  return [
    {
      number: subject.number,
      statements: [{ field: 'permitNumber', value: subject.number, sourceLines }, ...statements],
    },
  ];
}

/** Where the permit as subject ends; undefined when the sentence is not about this permit. */
function subjectOf(
  text: string,
  previous: Sentence | undefined,
): { end: number; number: string | undefined } | undefined {
  // "Issued to …" tells of what the sentence before it tells of.
  if (/^(?:Issued|Granted|Expires|Valid|ISSUED|GRANTED)\b/.test(text)) {
    return previous && NOT_THIS_ONE.test(previous.text) ? undefined : { end: 0, number: undefined };
  }
  const match = SUBJECT.exec(text);
  if (match === null) return undefined;
  const { before = '', number } = match.groups ?? {};
  const isThis = number !== undefined || THIS_ONE.test(before) || before === '';
  if (!isThis || NOT_THIS_ONE.test(before) || PREPOSITION.test(before)) return undefined;
  // "They reviewed the permit issued to …": with more words before it, only a verb behind it makes it the subject.
  if (before.trim().includes(' ') && !VERB_FOLLOWS.test(text.slice(match[0].length))) return undefined;
  return { end: match[0].length, number };
}

/** What is said of the subject; undefined when any of it is not understood. */
function predicatesOf(text: string, start: number) {
  const said: { field: PermitField; value: string; from: number }[] = [];
  let at = start;
  let granted = false;
  let understood = false;
  const step = (pattern: RegExp, field?: PermitField): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null || (at === 0 && match[0] === '')) return false;
    const value = match[1];
    if (field && value) said.push({ field, value: value.trim(), from: at + match[0].lastIndexOf(value) });
    at += match[0].length;
    return true;
  };
  for (let moved = true; moved; understood ||= moved) {
    moved = !granted && step(GRANT);
    granted ||= moved;
    moved ||= step(EXPIRY, 'expirationDate');
    if (granted) moved = CLAUSES.some(({ field, pattern }) => step(pattern, field)) || moved;
  }
  const rest = text.slice(at);
  const certain = understood && TAIL.test(rest) && !TAKEN_BACK.test(rest);
  const named = said.every(({ field, value }) => !isPlaceholder(value) && doubtOf(field, value) === undefined);
  return certain && named ? said : undefined;
}

/** `AIR PERMIT No. TX-9` as the first column of a line that goes on no sentence. */
function titlesOf(lines: readonly TextLine[]): Reading[] {
  return lines.flatMap(({ line, text }, index) => {
    const [title = ''] = text.split('  ', 1);
    const { before = '', number } = TITLE.exec(title)?.groups ?? {};
    const above = lines[index - 1]?.text ?? '';
    const alone = above === '' || /[.!?]$/.test(above) || headingOf(above) !== undefined || labelsIn(above).length > 0;
    if (number === undefined || !alone || NOT_THIS_ONE.test(before) || PREPOSITION.test(before)) return [];
    const sourceLines = line === null ? [] : [line];
    return [{ number, statements: [{ field: 'permitNumber' as const, value: number, sourceLines }] }];
  });
}

function placesOf(lines: readonly TextLine[]): Statement[] {
  return lines.flatMap(({ line, text }) => {
    const value = SURVEY_PLACE.exec(text)?.[0];
    return value === undefined ? [] : [{ field: 'location' as const, value, sourceLines: line === null ? [] : [line] }];
  });
}
