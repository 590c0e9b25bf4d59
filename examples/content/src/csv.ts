import { Readable } from 'node:stream';
import { decodeText } from '@intendant/example-documents';
import { StepFailure } from '@intendant/participant';
import { CsvError, parse } from 'csv-parse';
import { detectDelimiter } from './csv-delimiter.js';
import { isLineBreak, LineCounter } from './line-counter.js';
import { type CsvRecord, type CsvTallies, type RawRecord, TableShape } from './table-shape.js';

const COLUMNS_MAX = 2_000;
const RECORD_CHARACTERS_MAX = 1024 * 1024;
const SLICE_BYTES = 64 * 1024;
/** What Excel writes and reads to name the delimiter. */
const SEPARATOR_LINE = /^sep=([^"\r\n])(?:\r\n|\n|\r|$)/i;

export interface CsvOptions {
  readonly encoding?: string;
  readonly delimiter?: string;
  /** Whether the first record names the columns; otherwise they are `column_1`, `column_2`, … Default true. */
  readonly header?: boolean;
  /** What a record with too few or too many fields does: be kept and reported (default), or fail the file. */
  readonly raggedRows?: 'report' | 'fail';
}

/** A CSV file being read: `columns` are known at once. */
export interface CsvReading extends CsvTallies {
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly encoding: string;
  readonly records: AsyncIterable<CsvRecord>;
}

/**
 * Reads CSV bytes as RFC 4180 says, with quoted line breaks, byte order mark, any line end and any common delimiter,
 * which a first line `sep=;` may name. A blank line is a record of a table with one column, and of no other.
 * Throws `csv_empty`, `csv_malformed`, `csv_duplicate_column`, `csv_ragged_row`, `csv_too_many_columns`,
 * `invalid_encoding`; every one names the line.
 */
export async function readCsv(bytes: Uint8Array, options: CsvOptions = {}): Promise<CsvReading> {
  const { text, encoding } = decodeText(bytes, options.encoding);
  const [separatorLine, separator] = SEPARATOR_LINE.exec(text) ?? [''];
  const table = text.slice(separatorLine.length);
  const firstLine = separatorLine === '' ? 1 : 2;
  const delimiter = options.delimiter ?? separator ?? detectDelimiter(table);
  const raw = rawRecords(Buffer.from(table, 'utf8'), delimiter, firstLine);
  const first = await firstRecord(raw);
  const hasHeader = options.header ?? true;
  const columns = hasHeader ? columnNames(first) : first.fields.map((_, index) => `column_${index + 1}`);
  const shape = new TableShape(columns, hasHeader ? first.line : 0, options.raggedRows ?? 'report');
  const records = shape.recordsOf(withBlankLinesBefore(first, firstLine, hasHeader, raw));
  return { columns, delimiter, encoding, records, ragged: shape.ragged, blankLines: shape.blankLines };
}

/** The first record that is not blank. */
async function firstRecord(raw: AsyncGenerator<RawRecord, void>): Promise<RawRecord> {
  for (let next = await raw.next(); !next.done; next = await raw.next()) {
    if (next.value.fields.length > 0) return next.value;
  }
  throw new StepFailure('csv_empty', 'the file has no records', { details: {} });
}

/** All records again: what comes before the first one are blank lines. */
async function* withBlankLinesBefore(
  first: RawRecord,
  firstLine: number,
  isHeader: boolean,
  rest: AsyncIterable<RawRecord>,
): AsyncGenerator<RawRecord> {
  for (let line = firstLine; line < first.line; line += 1) yield { line, fields: [] };
  if (!isHeader) yield first;
  yield* rest;
}

async function* rawRecords(utf8: Buffer, delimiter: string, firstLine: number): AsyncGenerator<RawRecord, void> {
  const lines = new LineCounter(utf8, firstLine);
  const parser = Readable.from(slicesOf(utf8), { objectMode: false }).pipe(
    parse({
      delimiter,
      info: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      max_record_size: RECORD_CHARACTERS_MAX,
    }),
  );
  let start = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { bytes: number } }>) {
      yield { line: lines.lineAt(start), fields: isLineBreak(utf8[start]) ? [] : record };
      start = info.bytes;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Records parsed ahead of an error are not handed out: it says itself where the last one ended.
    const line = lines.lineAt((error as CsvError & { bytes: number }).bytes);
    throw new StepFailure('csv_malformed', `the record that starts on line ${line} is not CSV: ${error.message}`, {
      details: { line, reason: error.code, delimiter },
    });
  }
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
