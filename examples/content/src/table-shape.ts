import { StepFailure } from '@intendant/participant';

const EXAMPLES_MAX = 20;

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

interface RaggedRow {
  readonly row: number;
  readonly line: number;
  readonly expectedFields: number;
  readonly actualFields: number;
}

/** What is not as wide as the table. Complete once the records have ended. */
export interface CsvTallies {
  readonly ragged: { count: number; readonly examples: RaggedRow[] };
  /** Lines that are no record; `examples` are their numbers. */
  readonly blankLines: { count: number; readonly examples: number[] };
}

export interface RawRecord {
  readonly line: number;
  /** None of a blank line. */
  readonly fields: readonly string[];
}

/** Gives records the columns of their table, and counts what is not as wide as it. */
export class TableShape implements CsvTallies {
  readonly ragged: CsvTallies['ragged'] = { count: 0, examples: [] };
  readonly blankLines: CsvTallies['blankLines'] = { count: 0, examples: [] };
  #row = 0;

  /** `headerLine`: 0 without a header. */
  constructor(
    private readonly columns: readonly string[],
    private readonly headerLine: number,
    private readonly raggedRows: 'report' | 'fail',
  ) {}

  async *recordsOf(raw: AsyncIterable<RawRecord>): AsyncGenerator<CsvRecord> {
    for await (const { line, fields } of raw) {
      if (fields.length > 0 || this.#isRecord(line)) yield this.#shaped(line, fields);
      else this.#blank(line);
    }
  }

  /** A blank line is what a table of one column writes for nothing. */
  #isRecord(blankLine: number): boolean {
    return this.columns.length === 1 && blankLine > this.headerLine;
  }

  #shaped(line: number, fields: readonly string[]): CsvRecord {
    this.#row += 1;
    const row = this.#row;
    if (fields.length > 0 && fields.length !== this.columns.length) {
      const found = { row, line, expectedFields: this.columns.length, actualFields: fields.length };
      if (this.raggedRows === 'fail') throw raggedFailure(found);
      tally(this.ragged, found);
    }
    const values = this.#valuesOf(fields);
    if (fields.length <= this.columns.length) return { row, line, values };
    return { row, line, values, extra: fields.slice(this.columns.length) };
  }

  /** Without a prototype any name is a column; a quarter of the time that entries would take in a table of 2,000. */
  #valuesOf(fields: readonly string[]): Record<string, string | null> {
    const values = Object.create(null) as Record<string, string | null>;
    this.columns.forEach((name, index) => {
      values[name] = fields[index] ?? null;
    });
    return values;
  }

  #blank(line: number): void {
    const found = { row: this.#row + 1, line, expectedFields: this.columns.length, actualFields: 0 };
    if (this.raggedRows === 'fail') throw raggedFailure(found);
    tally(this.blankLines, line);
  }
}

function tally<Example>(tallied: { count: number; readonly examples: Example[] }, example: Example): void {
  tallied.count += 1;
  if (tallied.examples.length < EXAMPLES_MAX) tallied.examples.push(example);
}

const raggedFailure = (found: RaggedRow): StepFailure =>
  new StepFailure(
    'csv_ragged_row',
    `line ${found.line} has ${found.actualFields} fields, the table has ${found.expectedFields}`,
    { details: { ...found } },
  );
