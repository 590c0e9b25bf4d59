import type { RecordLayout } from './copybook.js';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
/** Ctrl-Z, with which DOS ended its texts. */
const SUB = 0x1a;

/** Bytes that end a line. EBCDIC has NEL and a line feed of its own; some transfers leave it those of ASCII. */
const ASCII_ENDS = [LF, CR];
const EBCDIC_ENDS = [0x15, 0x25, LF, CR];

/** A line of a file, from 1, and its bytes without the line end. */
export interface Line {
  readonly line: number;
  readonly bytes: number;
}

/**
 * In a file that divides into records without a delimiter: the first line, when line ends would be read as values.
 * That is so when every record ends with the same one (two records or more), or when a file of nothing but text begins or ends
 * with one or has only lines of one length. A line end elsewhere in a text is taken for part of it. What stands in
 * FILLER is no value, and a binary field may hold any byte.
 */
export function lineReadAsValue(bytes: Uint8Array, layout: RecordLayout, isEbcdic: boolean): Line | undefined {
  const length = layout.recordLength;
  const ends = isEbcdic ? EBCDIC_ENDS : ASCII_ENDS;
  const inText = bytesInText(layout);
  const isRead = (at: number): boolean =>
    ends.includes(bytes[at] ?? -1) &&
    (inText[at % length] === 1 || (bytes[at - 1] === CR && inText[(at - 1) % length] === 1));
  if (everyRecordEnds(bytes, length, isRead)) {
    return { line: 1, bytes: length - (bytes[length - 2] === CR ? 2 : 1) };
  }
  if (!isOfText(layout)) return undefined;
  const size = isEbcdic ? bytes.length : sizeWithoutSub(bytes);
  const isOfLines = isRead(0) || isRead(size - 1) || hasEvenLines(bytes.subarray(0, size), ends, isRead);
  if (!isOfLines || !isPlainText(bytes.subarray(0, size), ends, isEbcdic ? 0x40 : 0x20)) return undefined;
  return unevenLine(bytes, length, ends) ?? { line: 1, bytes: length };
}

/** In a file of one record a line: whether a line would end within a value, or before the copybook's length. */
export function lineEndsInValue(bytes: Uint8Array, layout: RecordLayout, stride: number): boolean {
  const length = layout.recordLength;
  const inText = bytesInText(layout);
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (at % stride < length && inText[at % stride] === 1) return true;
  }
  if (inText[length - 1] !== 1) return false;
  for (let at = length - 1; at < bytes.length; at += stride) if (bytes[at] === CR) return true;
  return false;
}

/** The first line of another length, when the file is made of lines at all. */
export function unevenLine(bytes: Uint8Array, length: number, ends: readonly number[] = [LF]): Line | undefined {
  const end = ends.find((byte) => bytes.includes(byte));
  if (end === undefined) return undefined;
  let start = 0;
  for (let line = 1; start < bytes.length; line += 1) {
    const found = bytes.indexOf(end, start);
    const next = found === -1 ? bytes.length : found;
    let stop = next;
    while (stop > start && bytes[stop - 1] === CR) stop -= 1;
    if (stop - start !== length) return { line, bytes: stop - start };
    start = next + 1;
  }
  return undefined;
}

/** Whether all values of a record are written as text. */
export const isOfText = ({ fields }: RecordLayout): boolean => fields.every(({ usage }) => usage === 'display');

/** 1 for each byte of a record that belongs to a named field written as text. */
function bytesInText({ fields, recordLength }: RecordLayout): Uint8Array {
  const inText = new Uint8Array(recordLength);
  for (const { offset, length, usage } of fields) if (usage === 'display') inText.fill(1, offset, offset + length);
  return inText;
}

function everyRecordEnds(bytes: Uint8Array, length: number, isRead: (at: number) => boolean): boolean {
  if (bytes.length < 2 * length) return false;
  const end = bytes[length - 1];
  for (let at = length - 1; at < bytes.length; at += length) if (bytes[at] !== end || !isRead(at)) return false;
  return true;
}

function sizeWithoutSub(bytes: Uint8Array): number {
  let size = bytes.length;
  while (bytes[size - 1] === SUB) size -= 1;
  return size;
}

/** Whether there are two lines or more, all of one length; the last has no line end here. */
function hasEvenLines(bytes: Uint8Array, ends: readonly number[], isRead: (at: number) => boolean): boolean {
  const length = Math.min(...ends.map((end) => bytes.indexOf(end)).filter((at) => at !== -1));
  const second = bytes[length + 1] ?? -1;
  const stride = length + (bytes[length] === CR && second !== CR && ends.includes(second) ? 2 : 1);
  if (bytes.length % stride !== length || bytes.subarray(-length).some((byte) => ends.includes(byte))) return false;
  let isValue = false;
  for (let at = stride - 1; at < bytes.length; at += stride) {
    if (!ends.includes(bytes[at] ?? -1)) return false;
    isValue ||= isRead(at);
  }
  return isValue;
}

/** Whether there is no control character but line ends and tabs: fields of text are used for other bytes, too. */
function isPlainText(bytes: Uint8Array, ends: readonly number[], firstCharacter: number): boolean {
  return bytes.every((byte) => byte >= firstCharacter || byte === TAB || ends.includes(byte));
}
