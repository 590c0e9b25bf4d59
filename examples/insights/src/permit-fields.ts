import type { Finding } from './permit-finding.js';
import { type LabelledValue, labelledValues, PERMIT_FIELDS, type PermitField } from './permit-labels.js';
import { type Statement, statementsOf } from './permit-statements.js';
import { firstDate, soleDate, type TextLine } from './permit-text.js';
import { doubtOf, isPlaceholder } from './permit-values.js';

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

export interface PermitFields {
  readonly values: Readonly<Record<PermitField, StatedValue | null>>;
  readonly findings: readonly Finding[];
}

const CONFIDENCE = { label: 0.95, label_line_above: 0.85, sentence: 0.65 } as const;
const CONFLICT_CONFIDENCE = 0.5;
const UNREADABLE_DATE_CONFIDENCE = 0.4;
const DATES: ReadonlySet<PermitField> = new Set(['issueDate', 'expirationDate']);
/** Of these all labels promise the same; an agency, say, may be another one than the issuing authority. */
const ONE_IN_ALL: ReadonlySet<PermitField> = new Set([...DATES, 'permitNumber']);
const SHOWN_CHARACTERS = 200;
const VALUE_CHARACTERS_MAX = 2_000;

/** The header data of a permit: only what the text states, by label or by a known sentence; null otherwise. */
export function permitFields(lines: readonly TextLine[]): PermitFields {
  const findings: Finding[] = [];
  const labelled = labelledValues(lines);
  const certain = new Map(
    PERMIT_FIELDS.map((field) => [field, certainOf(field, labelled.get(field) ?? [], findings)] as const),
  );
  const statements = statementsOf(lines, certain.get('permitNumber')?.[0]?.value);
  const entries = PERMIT_FIELDS.map((field): [PermitField, StatedValue | null] => {
    const byLabel = certain.get(field)?.[0];
    const stated = byLabel
      ? fromLabels(field, byLabel, certain.get(field) ?? [], findings)
      : fromSentences(
          field,
          statements.filter((statement) => statement.field === field),
          findings,
        );
    return [field, withDate(field, stated, findings)];
  });
  const values = Object.fromEntries(entries) as Record<PermitField, StatedValue | null>;
  findings.push(...orderFinding(values));
  return { values: ofOnePermit(values, findings), findings };
}

/** Of a text with the numbers of two permits nothing is certain, for nothing tells which of them a value belongs to. */
function ofOnePermit(values: PermitFields['values'], findings: readonly Finding[]): PermitFields['values'] {
  if (!findings.some(({ code, field }) => code === 'conflicting_values' && field === 'permitNumber')) return values;
  const entries = PERMIT_FIELDS.map((field) => {
    const stated = values[field];
    return [field, stated && { ...stated, confidence: Math.min(stated.confidence, CONFLICT_CONFIDENCE) }];
  });
  return Object.fromEntries(entries) as PermitFields['values'];
}

/** The values that are worded as what their label promises; of the others there is a finding. */
function certainOf(field: PermitField, stated: readonly LabelledValue[], findings: Finding[]): LabelledValue[] {
  return stated.filter(({ value, sourceLine, goesOn }) => {
    const add = (code: Finding['code'], message: string): false => {
      findings.push({ code, field, sourceLine, message });
      return false;
    };
    if (isPlaceholder(value)) return add('placeholder_value', `states ${quoted(value)}`);
    const tooLong = value.length > VALUE_CHARACTERS_MAX ? 'is too long' : undefined;
    const doubt = tooLong ?? doubtOf(field, value, goesOn);
    if (doubt !== undefined) return add('value_not_certain', `${quoted(value)} ${doubt}`);
    if (DATES.has(field) && firstDate(value) === undefined)
      return add('date_not_readable', `${quoted(value)} is not one day`);
    return true;
  });
}

function fromLabels(
  field: PermitField,
  first: LabelledValue,
  all: readonly LabelledValue[],
  findings: Finding[],
): StatedValue {
  const { value, rule, sourceLine, sourceLines, priority } = first;
  const other = all.find(
    (candidate) => (ONE_IN_ALL.has(field) || candidate.priority === priority) && differ(field, candidate.value, value),
  );
  if (other) findings.push(conflict(field, value, other.value, other.sourceLine));
  return {
    value,
    asWritten: value,
    sourceLine,
    sourceLines,
    confidence: other ? CONFLICT_CONFIDENCE : CONFIDENCE[rule],
    rule,
  };
}

function fromSentences(field: PermitField, statements: readonly Statement[], findings: Finding[]): StatedValue | null {
  const [first] = statements;
  if (first === undefined) return null;
  const { value, sourceLines } = first;
  const other = statements.find((candidate) => differ(field, candidate.value, value));
  if (other) findings.push(conflict(field, value, other.value, other.sourceLines[0] ?? null));
  const confidence = other ? CONFLICT_CONFIDENCE : CONFIDENCE.sentence;
  return { value, asWritten: value, sourceLine: sourceLines[0] ?? null, sourceLines, confidence, rule: 'sentence' };
}

/** One day in two spellings is one value. */
const differ = (field: PermitField, one: string, other: string): boolean =>
  DATES.has(field) ? (soleDate(one) ?? one) !== (soleDate(other) ?? other) : one !== other;

const quoted = (value: string): string => JSON.stringify(value.slice(0, SHOWN_CHARACTERS));
const conflict = (field: PermitField, value: string, other: string, sourceLine: number | null): Finding => ({
  code: 'conflicting_values',
  field,
  sourceLine,
  message: `states ${quoted(value)} and ${quoted(other)}`,
});

/** Dates as ISO; one that can be read two ways, is no day or is only part of what is stated stays as written, with little confidence. */
function withDate(field: PermitField, stated: StatedValue | null, findings: Finding[]): StatedValue | null {
  if (stated === null || !DATES.has(field)) return stated;
  const iso = soleDate(stated.asWritten);
  if (iso !== undefined) return { ...stated, value: iso };
  const message = `${quoted(stated.asWritten)} is not one day`;
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
