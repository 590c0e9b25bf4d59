import { decodeText, decodeXml } from '@intendant/example-documents';
import type { Artifact } from '@intendant/intent-model';
import { sha256Hex } from '@intendant/kernel';
import { StepFailure } from '@intendant/participant';
import { BPMN_COLUMNS, inventoryOf } from './bpmn-elements.js';
import { type FieldLayout, layoutOf } from './copybook.js';
import { readCsv } from './csv.js';
import { type MainframeEncoding, readFixedWidth } from './fixed-width.js';
import { readPdf } from './pdf-reader.js';
import type { PdfText } from './pdf-text.js';

type JsonObject = Artifact['semanticPayload'];
export type ParsingType = 'csv' | 'bpmn' | 'pdf' | 'mainframe';

export interface ParseOptions {
  readonly encoding?: string;
  readonly output?: 'jsonl';
  readonly expectedRecordLength?: number;
  readonly header?: boolean;
  readonly delimiter?: string;
  readonly raggedRows?: 'report' | 'fail';
  readonly keepLineNumbers?: boolean;
}

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'decimal';
  readonly [detail: string]: string | number | null;
}

/** A file being read: `describe` is complete once `records` has ended. */
export interface FormatReading {
  readonly recordKind: 'record' | 'text_line' | 'element';
  readonly columns: readonly Column[];
  /** Objects `{row, line?, offset?, values, extra?}`. */
  readonly records: AsyncIterable<unknown> | Iterable<unknown>;
  readonly describe: () => JsonObject;
}

export interface FormatInput {
  readonly bytes: Buffer;
  readonly options: ParseOptions;
  readonly copybook?: Buffer;
  readonly signal: AbortSignal;
}

/** Reader of each parsing type. */
export const FORMATS: Readonly<Record<ParsingType, (input: FormatInput) => Promise<FormatReading>>> = {
  csv: csvFormat,
  bpmn: bpmnFormat,
  pdf: pdfFormat,
  mainframe: mainframeFormat,
};

const MAINFRAME_ENCODINGS: Readonly<Record<string, MainframeEncoding>> = {
  ascii: 'ascii',
  latin1: 'latin1',
  'utf-8': 'utf-8',
  cp037: 'cp037',
  ebcdic: 'cp037',
};

const textColumn = (name: string): Column => ({ name, type: 'string' });

async function csvFormat({ bytes, options }: FormatInput): Promise<FormatReading> {
  const { columns, delimiter, encoding, records, ragged, blankLines } = await readCsv(bytes, options);
  const raggedRows = (): JsonObject => ({ count: ragged.count, examples: ragged.examples.map((row) => ({ ...row })) });
  const blanks = (): JsonObject =>
    blankLines.count === 0 ? {} : { blankLines: { count: blankLines.count, examples: [...blankLines.examples] } };
  return {
    recordKind: 'record',
    columns: columns.map(textColumn),
    records,
    describe: () => ({ delimiter, encoding, header: options.header ?? true, raggedRows: raggedRows(), ...blanks() }),
  };
}

async function bpmnFormat({ bytes, options }: FormatInput): Promise<FormatReading> {
  const { text, encoding } = decodeXml(bytes, options.encoding);
  const { records, processes, countsByType } = await inventoryOf(text);
  return {
    recordKind: 'element',
    columns: BPMN_COLUMNS.map(textColumn),
    records,
    describe: () => ({ encoding, processes: [...processes], countsByType }),
  };
}

async function pdfFormat({ bytes, options, signal }: FormatInput): Promise<FormatReading> {
  const { pages, textNotRead } = await readPdf(bytes, signal);
  const lineNumbers = options.keepLineNumbers ?? true;
  const { count, examples } = textNotRead;
  const notRead: JsonObject =
    count === 0 ? {} : { textNotRead: { count, examples: examples.map((one) => ({ ...one })) } };
  return {
    recordKind: 'text_line',
    columns: [{ name: 'page', type: 'integer' }, textColumn('text')],
    records: textLines(pages, lineNumbers),
    describe: () => ({ pageCount: pages.length, lineNumbers, ...notRead }),
  };
}

/** Lines are counted through the whole document. */
function* textLines(pages: PdfText['pages'], lineNumbers: boolean): Generator<unknown> {
  let line = 0;
  for (const [index, lines] of pages.entries()) {
    for (const text of lines) {
      line += 1;
      yield { row: line, ...(lineNumbers ? { line } : {}), values: { page: index + 1, text } };
    }
  }
}

async function mainframeFormat({ bytes, options, copybook }: FormatInput): Promise<FormatReading> {
  if (copybook === undefined)
    throw new StepFailure('copybook_required', 'mainframe records need a copybook', { details: {} });
  const name = options.encoding ?? 'ascii';
  const encoding = MAINFRAME_ENCODINGS[name];
  if (encoding === undefined) {
    throw new StepFailure('encoding_not_supported', `records cannot be read as ${name}`, {
      details: { encoding: name, supported: Object.keys(MAINFRAME_ENCODINGS) },
    });
  }
  const layout = layoutOf(decodeText(copybook, 'utf-8').text);
  const { expectedRecordLength } = options;
  const { records, recordDelimiter } = readFixedWidth(bytes, layout, { encoding, expectedRecordLength });
  const { recordName, recordLength } = layout;
  const described = { encoding, recordName, recordLength, recordDelimiter, copybookSha256: sha256Hex(copybook) };
  return { recordKind: 'record', columns: layout.fields.map(fieldColumn), records, describe: () => described };
}

function fieldColumn({ name, offset, length, picture, type, usage }: FieldLayout): Column {
  const place = { offset, length, picture, usage };
  if (type.kind === 'text') return { name, type: 'string', ...place };
  const { digits, scale } = type;
  return { name, type: scale > 0 ? 'decimal' : 'integer', ...place, digits, scale };
}
