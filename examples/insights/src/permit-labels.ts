import { headingOf, type TextLine, unmarked } from './permit-text.js';

export const PERMIT_FIELDS = [
  'permitNumber',
  'permitType',
  'issueDate',
  'expirationDate',
  'issuingAuthority',
  'permitHolder',
  'location',
] as const;
export type PermitField = (typeof PERMIT_FIELDS)[number];

export interface LabelledValue {
  readonly value: string;
  readonly rule: 'label' | 'label_line_above';
  readonly sourceLine: number | null;
  readonly sourceLines: readonly number[];
  /** Place of the label among those of its field; 0 says it most exactly. */
  readonly priority: number;
  /** Whether the line below it begins in small letters, as one that goes on does. */
  readonly goesOn: boolean;
}

/** How documents name each field, the most exact name first. */
const LABELS: Readonly<Record<PermitField | 'county', readonly string[]>> = {
  permitNumber: ['permit number', 'permit no.', 'permit no', 'permit #', 'permit id', 'permit'],
  permitType: ['permit type', 'type of permit', 'permit category', 'type'],
  issueDate: ['issue date', 'date issued', 'date of issue', 'issuance date', 'date of issuance', 'issued on', 'issued'],
  expirationDate: [
    'expiration date',
    'expiry date',
    'date of expiration',
    'date of expiry',
    'expiration',
    'expiry',
    'expires on',
    'expires',
    'valid until',
    'valid through',
    'valid to',
  ],
  issuingAuthority: [
    'issuing authority',
    'issuing agency',
    'issuing body',
    'issuing office',
    'permitting authority',
    'permitting agency',
    'issued by',
    'granted by',
    'authority',
    'agency',
  ],
  permitHolder: [
    'permit holder',
    'holder of permit',
    'permittee',
    'permittee name',
    'licensee',
    'issued to',
    'granted to',
    'holder',
    'operator',
  ],
  location: [
    'location',
    'site location',
    'surface location',
    'well location',
    'project location',
    'facility location',
    'site address',
    'site',
  ],
  county: ['county', 'county and state'],
};

const FIELD_OF = new Map(
  Object.entries(LABELS).flatMap(([field, labels]) =>
    labels.map((label, priority) => [label, { field: field as PermitField | 'county', priority }] as const),
  ),
);
const NAMES = [...FIELD_OF.keys()]
  .toSorted((a, b) => b.length - a.length)
  .map((label) => label.replace(/[.#]/g, '\\$&').replace(/ /g, '\\s+'));
/** A label at the start of a line, after a column gap or a bar; behind it a colon, a dash, a gap or nothing. */
const LABEL = new RegExp(
  `(?<=^|\\s\\s|[|;]\\s{0,2})(${NAMES.join('|')})(?:\\s*\\([^)]{0,60}\\))?(?:\\s*[:=]\\s*|\\s+[-–—]\\s+|\\s{2,}|$)`,
  'gi',
);
/** The same within a line behind another known label, where one blank must do: names of two words with a colon. */
const INNER_LABEL = new RegExp(`(?<=\\s)(${NAMES.filter((name) => name.includes('\\s')).join('|')})\\s*[:=]\\s*`, 'gi');

interface Found {
  readonly field: PermitField | 'county';
  readonly priority: number;
  readonly value: string;
}

/** Everything stated under a known label, by field, the most exact label first. */
export function labelledValues(lines: readonly TextLine[]): Map<PermitField, LabelledValue[]> {
  const byField = new Map<PermitField | 'county', LabelledValue[]>();
  lines.forEach(({ line, text }, index) => {
    const labels = labelsIn(unmarked(text) ?? text);
    for (const { field, priority, value } of labels) {
      // Below several labels stands a row of values, and nothing tells which is whose.
      const below = labels.length === 1 ? lines[index + 1] : undefined;
      const read = value === '' ? valueBelow(below) : { text: value, rule: 'label' as const, used: [line] };
      if (read === undefined) continue;
      const behind = index + (value === '' ? 2 : 1);
      const whole = field === 'location' ? continued(read, lines.slice(behind, behind + 2)) : read;
      const sourceLines = whole.used.filter((number) => number !== null);
      const stated = {
        value: whole.text,
        rule: read.rule,
        sourceLine: sourceLines[0] ?? null,
        sourceLines,
        priority,
        goesOn: isContinuation(lines[behind + whole.used.length - 1]),
      };
      const others = byField.get(field);
      if (others) others.push(stated);
      else byField.set(field, [stated]);
    }
  });
  const counties = byField.get('county') ?? [];
  byField.delete('county');
  const fields = byField as Map<PermitField, LabelledValue[]>;
  for (const values of fields.values()) values.sort((a, b) => a.priority - b.priority);
  return withCounty(fields, counties[0]);
}

/** The known labels of a line with what stands behind each, to the next. */
export function labelsIn(text: string): Found[] {
  const outer = [...text.matchAll(LABEL)];
  const [first] = outer;
  if (first === undefined) return [];
  const inner = [...text.matchAll(INNER_LABEL)].filter(
    ({ index }) => index > first.index && !outer.some((match) => overlaps(match, index)),
  );
  const matches = [...outer, ...inner].toSorted((a, b) => a.index - b.index);
  return matches.flatMap((match, position) => {
    const named = FIELD_OF.get((match[1] ?? '').toLowerCase().replace(/\s+/g, ' '));
    const value = text.slice(match.index + match[0].length, matches[position + 1]?.index);
    return named ? [{ ...named, value: tidy(value) }] : [];
  });
}

const overlaps = (match: RegExpExecArray, index: number): boolean =>
  index >= match.index && index < match.index + match[0].length;

/** Without an unknown label that follows in the same line, and without the punctuation that separates. */
const tidy = (value: string): string =>
  value
    .replace(/\s{2,}[^\s:][^:]{0,40}:.*$/, '')
    .replace(/(?<![\s|;])[\s|;]+$/, '')
    .trim();

interface Read {
  readonly text: string;
  readonly rule: 'label' | 'label_line_above';
  readonly used: readonly (number | null)[];
}

/** A label alone on its line is followed by its value, unless the next line is a label, a heading or a list item. */
function valueBelow(below: TextLine | undefined): Read | undefined {
  if (below === undefined || !isPlain(below.text)) return undefined;
  return { text: tidy(below.text), rule: 'label_line_above', used: [below.line] };
}

/** A place that ends in a comma goes on in the next line. */
function continued(read: Read, next: readonly TextLine[]): Read {
  const [following, ...rest] = next;
  if (following === undefined || !read.text.endsWith(',') || !isPlain(following.text))
    return { ...read, text: read.text.replace(/,$/, '') };
  return continued(
    { ...read, text: `${read.text} ${tidy(following.text)}`, used: [...read.used, following.line] },
    rest,
  );
}

const isPlain = (text: string): boolean =>
  labelsIn(text).length === 0 &&
  headingOf(text) === undefined &&
  unmarked(text) === undefined &&
  !/^[^:]{1,40}:/.test(text);

const isContinuation = (below: TextLine | undefined): boolean =>
  below !== undefined && /^\p{Ll}/u.test(below.text) && isPlain(below.text);

/** A county with a label of its own belongs to the place. */
function withCounty(
  fields: Map<PermitField, LabelledValue[]>,
  county: LabelledValue | undefined,
): Map<PermitField, LabelledValue[]> {
  if (county === undefined) return fields;
  const [place, ...others] = fields.get('location') ?? [];
  if (place === undefined) return fields.set('location', [county]);
  const value = `${place.value}, ${county.value}`;
  return fields.set('location', [
    { ...place, value, sourceLines: [...place.sourceLines, ...county.sourceLines] },
    ...others,
  ]);
}
