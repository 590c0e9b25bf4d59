import { StepFailure } from '@intendant/participant';
import { type CopybookItem, parseItems, type SignClause, type Usage } from './copybook-items.js';
import { malformed } from './copybook-source.js';
import { type Picture, parsePicture } from './picture.js';

/** One elementary field of a record; every element of a table is a field of its own. */
export interface FieldLayout {
  /** Name in the copybook, with its groups when it is not unique and its subscripts when it is in a table: `RATE(2)`. */
  readonly name: string;
  /** First byte within the record, from 0. */
  readonly offset: number;
  /** Bytes taken. */
  readonly length: number;
  readonly picture: string;
  readonly type: Picture;
  readonly usage: Usage;
  readonly sign: SignClause;
  /** Spaces are how zero is written, not a number left out. */
  readonly blankWhenZero?: true;
}

export interface RecordLayout {
  /** Name of the 01 level; null when the copybook has none. */
  readonly recordName: string | null;
  /** Bytes of one record, FILLER included. */
  readonly recordLength: number;
  readonly fields: readonly FieldLayout[];
}

const FIELDS_MAX = 2_000;
const RECORD_BYTES_MAX = 1_000_000;
const TRAILING: SignClause = { leading: false, separate: false };

interface Surroundings {
  readonly path: readonly string[];
  readonly subscripts: readonly number[];
  readonly usage: Usage;
  readonly sign: SignClause;
}

/**
 * The layout that a COBOL copybook gives to a record.
 * Throws `copybook_malformed`, `copybook_not_supported`, `picture_not_supported`, `copybook_too_large`,
 * `copybook_duplicate_field`, `copybook_multiple_records`; each names the line.
 */
export function layoutOf(source: string): RecordLayout {
  const top = parseItems(source);
  const [first, second] = top;
  if (first === undefined) throw malformed(1, 'there is no data item');
  if (second !== undefined && top.some(({ level }) => level === 1 || level === 77)) {
    throw new StepFailure('copybook_multiple_records', `copybook line ${second.line}: a second record starts`, {
      details: { line: second.line, record: second.name, firstRecord: first.name },
    });
  }
  const record = first.level === 1 ? first : undefined;
  const layout = new LayoutBuilder(duplicatedNames(top));
  const outermost: Surroundings = { path: [], subscripts: [], usage: 'display', sign: TRAILING };
  for (const item of top) layout.add(item, outermost);
  return { recordName: record?.name ?? null, recordLength: layout.length, fields: layout.fields };
}

class LayoutBuilder {
  readonly fields: FieldLayout[] = [];
  length = 0;
  readonly #names = new Set<string>();

  constructor(private readonly duplicated: ReadonlySet<string>) {}

  add(item: CopybookItem, around: Surroundings): void {
    for (let element = 1; element <= item.occurs; element += 1) {
      const subscripts = item.isTable ? [...around.subscripts, element] : around.subscripts;
      const here = { ...around, subscripts, usage: item.usage ?? around.usage, sign: item.sign ?? around.sign };
      if (item.picture !== undefined) this.#addField(item, item.picture, here);
      else this.#addGroup(item, here);
      if (this.length > RECORD_BYTES_MAX || this.fields.length > FIELDS_MAX) throw tooLarge(item.line);
    }
  }

  #addGroup(item: CopybookItem, around: Surroundings): void {
    if (item.children.length === 0)
      throw malformed(item.line, `${item.name ?? 'FILLER'} has neither a PICTURE nor items`);
    const path = item.name === null || item.level === 1 ? around.path : [...around.path, item.name];
    for (const child of item.children) this.add(child, { ...around, path });
  }

  #addField(item: CopybookItem, picture: string, { usage, sign, path, subscripts }: Surroundings): void {
    const type = parsePicture(picture, item.line);
    if (type.kind === 'text' && usage !== 'display')
      throw malformed(item.line, `PICTURE ${picture} cannot be ${usage}`);
    const offset = this.length;
    const length = storageBytes(type, usage, sign, item.line);
    this.length += length;
    if (item.name === null) return;
    const qualified = this.duplicated.has(item.name) ? [...path, item.name].join('.') : item.name;
    const name = subscripts.length > 0 ? `${qualified}(${subscripts.join(',')})` : qualified;
    if (this.#names.has(name)) {
      throw new StepFailure('copybook_duplicate_field', `copybook line ${item.line}: ${name} is declared twice`, {
        details: { line: item.line, field: name },
      });
    }
    this.#names.add(name);
    const { blankWhenZero } = item;
    this.fields.push({ name, offset, length, picture, type, usage, sign, ...(blankWhenZero && { blankWhenZero }) });
  }
}

/** Bytes an item takes: characters as written, two digits a byte when packed, a half, full or double word in binary. */
function storageBytes(type: Picture, usage: Usage, sign: SignClause, line: number): number {
  if (type.kind === 'text') return type.length;
  if (usage === 'packed') return Math.floor(type.digits / 2) + 1;
  if (usage === 'display') return type.digits + (type.signed && sign.separate ? 1 : 0);
  if (type.digits > 18) throw malformed(line, 'a binary item has at most 18 digits');
  if (type.digits <= 4) return 2;
  return type.digits <= 9 ? 4 : 8;
}

function duplicatedNames(items: readonly CopybookItem[]): Set<string> {
  const seen = new Set<string>();
  const duplicated = new Set<string>();
  const visit = (item: CopybookItem): void => {
    if (item.name !== null && item.children.length === 0) (seen.has(item.name) ? duplicated : seen).add(item.name);
    item.children.forEach(visit);
  };
  items.forEach(visit);
  return duplicated;
}

const tooLarge = (line: number): StepFailure =>
  new StepFailure(
    'copybook_too_large',
    `copybook line ${line}: a record has at most ${FIELDS_MAX} fields and ${RECORD_BYTES_MAX} bytes`,
    { details: { line, fieldsMax: FIELDS_MAX, recordBytesMax: RECORD_BYTES_MAX } },
  );
