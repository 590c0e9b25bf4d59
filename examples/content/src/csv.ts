import { Readable } from 'node:stream';
import { StepFailure } from '@intendant/participant';
import { CsvError, parse } from 'csv-parse';
import { detectDelimiter } from './csv-delimiter.js';
import { LineCounter } from './line-counter.js';
import { decodeText } from './text-encoding.js';

const COLUMNS_MAX = 2_000;
const RECORD_CHARACTERS_MAX = 1024 * 1024;
const EXAMPLES_MAX = 20;
const SLICE_BYTES = 64 * 1024;

export interface CsvOptions {
  readonly encoding?: string;
  readonly delimiter?: string;
  /** Whether the first record names the columns; otherwise they are `column_1`, `column_2`, … Default true. */
  readonly header?: boolean;
  /** What a record with too few or too many fields does: be kept and reported (default), or fail the file. */
  readonly raggedRows?: 'report' | 'fail';
}

export interface CsvRecord {
  /** 1 for the first data record. */
  readonly row: number;
  /** Line of the file on which the record starts, from 1. */
  readonly line: number;
  /** By column name; null when the record ends before the column. */
  readonly values: Readonly<Record<string, string | null>>;
  /** Fields beyond the last column, of a ragged record only. */
  readonly extra?: readonly string[];
}

export interface RaggedRow {
  readonly row: number;
  readonly line: number;
  readonly expectedFields: number;
  readonly actualFields: number;
}

/** A CSV file being read: `columns` are known at once, the tallies once `records` has ended. */
export interface CsvReading {
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly encoding: string;
  readonly records: AsyncIterable<CsvRecord>;
  readonly ragged: { count: number; readonly examples: RaggedRow[] };
}

interface RawRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Reads CSV bytes as RFC 4180 says, with quoted line breaks, byte order mark, any line end and any common delimiter.
 * Throws `csv_empty`, `csv_malformed`, `csv_duplicate_column`, `csv_ragged_row`, `csv_too_many_columns`,
 * `invalid_encoding`; every one names the line.
 */
export async function readCsv(bytes: Uint8Array, options: CsvOptions = {}): Promise<CsvReading> {
  const { text, encoding } = decodeText(bytes, options.encoding);
  const delimiter = options.delimiter ?? detectDelimiter(text);
  const raw = rawRecords(Buffer.from(text, 'utf8'), delimiter);
  const first = await raw.next();
  if (first.done) throw new StepFailure('csv_empty', 'the file has no records', { details: {} });
  const hasHeader = options.header ?? true;
  const columns = hasHeader ? columnNames(first.value) : first.value.fields.map((_, index) => `column_${index + 1}`);
  const ragged = { count: 0, examples: [] };
  const records = shapedRecords(raw, hasHeader ? undefined : first.value, columns, ragged, options.raggedRows);
  return { columns, delimiter, encoding, records, ragged };
}

async function* rawRecords(utf8: Buffer, delimiter: string): AsyncGenerator<RawRecord, void> {
  const lines = new LineCounter(utf8);
  const parser = Readable.from(slicesOf(utf8), { objectMode: false }).pipe(
    parse({
      delimiter,
      info: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: RECORD_CHARACTERS_MAX,
    }),
  );
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { bytes: number } }>) {
      yield { line: lines.recordEndingAt(info.bytes), fields: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = startLineAfter(utf8, (error as CsvError & { bytes: number }).bytes);
    throw new StepFailure('csv_malformed', `the record that starts on line ${line} is not CSV: ${error.message}`, {
      details: { line, reason: error.code, delimiter },
    });
  }
}

/** Line of the record that follows the one ending at `offset`: records parsed ahead of an error are not handed out. */
function startLineAfter(utf8: Buffer, offset: number): number {
  const lines = new LineCounter(utf8);
  lines.recordEndingAt(offset);
  return lines.recordEndingAt(utf8.length);
}

function* slicesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

/** Names from the header; an unnamed column is named by its place. */
function columnNames(header: RawRecord): string[] {
  if (header.fields.length > COLUMNS_MAX) {
    throw new StepFailure(
      'csv_too_many_columns',
      `the header has ${header.fields.length} columns, at most ${COLUMNS_MAX} are read`,
      {
        details: { columns: header.fields.length, columnsMax: COLUMNS_MAX },
      },
    );
  }
  const names = header.fields.map((name, index) => name.trim() || `column_${index + 1}`);
  const position = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (position !== -1) {
    throw new StepFailure('csv_duplicate_column', `two columns are named ${JSON.stringify(names[position])}`, {
      details: { line: header.line, column: names[position], position: position + 1 },
    });
  }
  return names;
}

async function* shapedRecords(
  rest: AsyncIterable<RawRecord>,
  first: RawRecord | undefined,
  columns: readonly string[],
  ragged: CsvReading['ragged'],
  raggedRows: CsvOptions['raggedRows'] = 'report',
): AsyncGenerator<CsvRecord> {
  let row = 0;
  const shape = ({ line, fields }: RawRecord): CsvRecord => {
    row += 1;
    if (fields.length !== columns.length) {
      const found = { row, line, expectedFields: columns.length, actualFields: fields.length };
      if (raggedRows === 'fail') throw raggedFailure(found);
      ragged.count += 1;
      if (ragged.examples.length < EXAMPLES_MAX) ragged.examples.push(found);
    }
    const values = Object.fromEntries(columns.map((name, index) => [name, fields[index] ?? null]));
    return fields.length > columns.length
      ? { row, line, values, extra: fields.slice(columns.length) }
      : { row, line, values };
  };
  if (first) yield shape(first);
  for await (const record of rest) yield shape(record);
}

const raggedFailure = (found: RaggedRow): StepFailure =>
  new StepFailure(
    'csv_ragged_row',
    `line ${found.line} has ${found.actualFields} fields, the header has ${found.expectedFields}`,
    { details: { ...found } },
  );
