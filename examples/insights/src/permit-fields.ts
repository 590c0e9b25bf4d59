import { labelledValues, PERMIT_FIELDS, type PermitField } from './permit-labels.js';
import { DATE_SOURCE, firstDate, isPlaceholder, type TextLine } from './permit-text.js';

/** A value that the document states, with where and by what rule it was found. */
export interface StatedValue {
  /** Dates as ISO date when they can be read one way only, otherwise as written. */
  readonly value: string;
  readonly asWritten: string;
  readonly sourceLine: number | null;
  readonly sourceLines: readonly number[];
  /** How sure the rule is, from 0 to 1. */
  readonly confidence: number;
  readonly rule: 'label' | 'label_line_above' | 'sentence';
}

export interface Finding {
  readonly code: 'placeholder_value' | 'conflicting_values' | 'date_not_readable' | 'expiration_before_issue';
  readonly field: PermitField;
  readonly sourceLine: number | null;
  readonly message: string;
}

export interface PermitFields {
  readonly values: Readonly<Record<PermitField, StatedValue | null>>;
  readonly findings: readonly Finding[];
}

const CONFIDENCE = { label: 0.95, label_line_above: 0.85, sentence: 0.65 } as const;
const CONFLICT_CONFIDENCE = 0.5;
const UNREADABLE_DATE_CONFIDENCE = 0.4;
const DATES: ReadonlySet<PermitField> = new Set(['issueDate', 'expirationDate']);

const NAME_END = String.raw`(?=\s+(?:to|by|on|for|under|pursuant|effective)\b|[,;]|\.?\s*$)`;
/** A sentence about the permit itself, not about something that the permit asks for. */
const OF_PERMIT = String.raw`(?:^|\b[Pp]ermit\b.*?\b)`;
const ISSUED = `${OF_PERMIT}(?:[Ii]ssued|[Gg]ranted)\\b`;
const SURVEY_PLACE = /\bSection\s+\d+,?\s+(?:Township\s+\d+\s?[NS]|T-?\d+[NS]),?\s+(?:Range\s+\d+\s?[EW]|R-?\d+[EW])/;
/** What sentences say when no label does; the first group, or all of it, is the value. */
const SENTENCES: readonly { readonly field: PermitField; readonly pattern: RegExp }[] = [
  {
    field: 'permitNumber',
    pattern: /\b[Pp](?:ermit|ERMIT)\s+(?:[Nn][Oo]\.?\s*|[Nn](?:umber|UMBER)\s+|#\s*)?([A-Z]{2,}[-/]?\d[\w/-]*)/,
  },
  { field: 'issueDate', pattern: new RegExp(`${ISSUED}.*?\\bon\\s+(${DATE_SOURCE})`, 'i') },
  {
    field: 'expirationDate',
    pattern: new RegExp(`${OF_PERMIT}(?:expires?(?:\\s+on)?|valid\\s+(?:until|through|to))\\s+(${DATE_SOURCE})`, 'i'),
  },
  { field: 'issuingAuthority', pattern: new RegExp(`${ISSUED}.*?\\bby\\s+(?:the\\s+)?(\\p{Lu}.*?)${NAME_END}`, 'u') },
  { field: 'permitHolder', pattern: new RegExp(`${ISSUED}.*?\\bto\\s+(\\p{Lu}.*?)${NAME_END}`, 'u') },
  { field: 'location', pattern: SURVEY_PLACE },
];

/** The header data of a permit: only what the text states, by label or by a known sentence; null otherwise. */
export function permitFields(lines: readonly TextLine[]): PermitFields {
  const findings: Finding[] = [];
  const labelled = labelledValues(lines);
  const entries = PERMIT_FIELDS.map((field): [PermitField, StatedValue | null] => {
    const stated = labelled.get(field) ?? [];
    const meant = stated.filter(({ value, sourceLine }) => {
      if (!isPlaceholder(value)) return true;
      findings.push({ code: 'placeholder_value', field, sourceLine, message: `states ${JSON.stringify(value)}` });
      return false;
    });
    const [first] = meant;
    if (first === undefined) return [field, withDate(field, sentenceValue(field, lines), findings)];
    const { value, rule, sourceLine, sourceLines, priority } = first;
    const other = meant.find((candidate) => candidate.priority === priority && candidate.value !== value);
    if (other) {
      const message = `states ${JSON.stringify(value)} and ${JSON.stringify(other.value)}`;
      findings.push({ code: 'conflicting_values', field, sourceLine: other.sourceLine, message });
    }
    const confidence = other ? CONFLICT_CONFIDENCE : CONFIDENCE[rule];
    return [field, withDate(field, { value, asWritten: value, sourceLine, sourceLines, confidence, rule }, findings)];
  });
  const values = Object.fromEntries(entries) as Record<PermitField, StatedValue | null>;
  findings.push(...orderFinding(values));
  return { values, findings };
}

function sentenceValue(field: PermitField, lines: readonly TextLine[]): StatedValue | null {
  for (const { pattern } of SENTENCES.filter((sentence) => sentence.field === field)) {
    for (const { line, text } of lines) {
      const match = pattern.exec(text);
      const value = (match?.[1] ?? match?.[0])?.trim();
      if (value === undefined || isPlaceholder(value)) continue;
      const sourceLines = line === null ? [] : [line];
      return {
        value,
        asWritten: value,
        sourceLine: line,
        sourceLines,
        confidence: CONFIDENCE.sentence,
        rule: 'sentence',
      };
    }
  }
  return null;
}

/** Dates as ISO; one that can be read two ways or is no day stays as written, with little confidence. */
function withDate(field: PermitField, stated: StatedValue | null, findings: Finding[]): StatedValue | null {
  if (stated === null || !DATES.has(field)) return stated;
  const date = firstDate(stated.asWritten);
  if (date?.iso) return { ...stated, value: date.iso };
  const message = `${JSON.stringify(stated.asWritten)} is not one day`;
  findings.push({ code: 'date_not_readable', field, sourceLine: stated.sourceLine, message });
  return { ...stated, confidence: Math.min(stated.confidence, UNREADABLE_DATE_CONFIDENCE) };
}

function orderFinding({ issueDate, expirationDate }: PermitFields['values']): Finding[] {
  const [issued, expires] = [issueDate, expirationDate].map((date) =>
    /^\d{4}-/.test(date?.value ?? '') ? date?.value : undefined,
  );
  if (issued === undefined || expires === undefined || expires >= issued) return [];
  const message = `expires ${expires}, before it is issued ${issued}`;
  return [
    {
      code: 'expiration_before_issue',
      field: 'expirationDate',
      sourceLine: expirationDate?.sourceLine ?? null,
      message,
    },
  ];
}
