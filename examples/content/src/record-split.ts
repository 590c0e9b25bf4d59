import { StepFailure } from '@intendant/participant';
import type { RecordLayout } from './copybook.js';
import { isOfText, type Line, lineEndsInValue, lineReadAsValue, unevenLine } from './line-ends.js';

const LF = 0x0a;
const CR = 0x0d;

/** How a file divides into records of the copybook's length. */
export interface RecordSplit {
  readonly recordCount: number;
  readonly recordDelimiter: 'none' | 'lf' | 'crlf';
  /** Bytes from the start of one record to the start of the next. */
  readonly stride: number;
}

/**
 * Divides `bytes` into records, either back to back or one a line.
 * Throws `record_length_mismatch` naming both lengths when the file, or the length the caller expects, disagrees with
 * the copybook, or when line ends would be read as values: a shifted layout must not be read.
 */
export function splitRecords(
  bytes: Uint8Array,
  layout: RecordLayout,
  options: { expectedRecordLength?: number; isEbcdic: boolean },
): RecordSplit {
  const length = layout.recordLength;
  const { expectedRecordLength } = options;
  if (expectedRecordLength !== undefined && expectedRecordLength !== length) {
    throw mismatch(`the copybook describes ${length}-byte records, ${expectedRecordLength} bytes were expected`, {
      copybookRecordLength: length,
      expectedRecordLength,
    });
  }
  const hasLines = !options.isEbcdic && isOfText(layout);
  const split = hasLines && lineEndAt(bytes, length) > 0 ? lineSplit(bytes, layout) : backToBack(bytes, length);
  if (split === undefined) throw lengthFailure(bytes, length, hasLines ? unevenLine(bytes, length) : undefined);
  const line = split.recordDelimiter === 'none' ? lineReadAsValue(bytes, layout, options.isEbcdic) : undefined;
  if (line !== undefined) throw lengthFailure(bytes, length, line);
  return split;
}

/** Bytes of the line end at an offset; 0 when there is none. */
function lineEndAt(bytes: Uint8Array, offset: number): 0 | 1 | 2 {
  if (bytes[offset] === LF) return 1;
  return bytes[offset] === CR && bytes[offset + 1] === LF ? 2 : 0;
}

function backToBack(bytes: Uint8Array, length: number): RecordSplit | undefined {
  if (bytes.length % length !== 0) return undefined;
  return { recordCount: bytes.length / length, recordDelimiter: 'none', stride: length };
}

/** Records one a line, when every record is a line and has the same line end (the last may go without). */
function lineSplit(bytes: Uint8Array, layout: RecordLayout): RecordSplit | undefined {
  const length = layout.recordLength;
  const end = lineEndAt(bytes, length);
  const stride = length + end;
  const remainder = bytes.length % stride;
  if (remainder !== 0 && remainder !== length) return undefined;
  for (let at = length; at < bytes.length; at += stride) if (lineEndAt(bytes, at) !== end) return undefined;
  if (lineEndsInValue(bytes, layout, stride)) return undefined;
  return { recordCount: Math.ceil(bytes.length / stride), recordDelimiter: end === 1 ? 'lf' : 'crlf', stride };
}

function lengthFailure(bytes: Uint8Array, length: number, line: Line | undefined): StepFailure {
  const details = { copybookRecordLength: length, contentBytes: bytes.length, remainderBytes: bytes.length % length };
  if (line) {
    const same = line.bytes === length ? ' and a line end' : '';
    return mismatch(
      `the copybook describes ${length}-byte records, line ${line.line} of the file has ${line.bytes} bytes${same}`,
      { ...details, actualRecordLength: line.bytes, line: line.line },
    );
  }
  const fitting = fittingLengths(bytes.length, length);
  const hint = fitting.length > 0 ? `; it would divide into records of ${fitting.join(' or ')} bytes` : '';
  return mismatch(
    `the copybook describes ${length}-byte records, the file of ${bytes.length} bytes does not divide into them${hint}`,
    { ...details, fittingRecordLengths: fitting },
  );
}

/** Record lengths close to the copybook's (a quarter more or less) of which the file is a whole number. */
export function fittingLengths(contentBytes: number, length: number): number[] {
  const fitting: number[] = [];
  for (let candidate = Math.ceil(length * 0.75); candidate <= length * 1.25; candidate += 1) {
    if (candidate !== length && contentBytes % candidate === 0) fitting.push(candidate);
  }
  return fitting;
}

const mismatch = (message: string, details: Record<string, unknown>): StepFailure =>
  new StepFailure('record_length_mismatch', message, { details });
