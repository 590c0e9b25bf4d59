import { createInflate, createInflateRaw, type Inflate, type InflateRaw } from 'node:zlib';

/** Where a PDF is damaged; `object` is the number of the object that the stream belongs to. */
export interface PdfDamage {
  readonly object: number;
  /** Byte of the file at which the data of the stream begin. */
  readonly offset: number;
}

const DICTIONARY_BYTES_MAX = 16 * 1024;
const DATA_FOLLOW = /^stream *(?:\r\n|\n|\r)/;
const FILTERS = /\/Filter\s*(?:\/(\w+)|\[([^\]]*)\])/;
const PICTURE = /\/Subtype\s*\/Image\b/;

/**
 * The first stream of a PDF whose checksum says that it is not what was written, pictures left out. The reader of PDFs
 * does not look at checksums: what it makes of such a page is another text, or none. Only what was deflated has one.
 */
export async function damageIn(pdf: Buffer): Promise<PdfDamage | undefined> {
  let at = pdf.indexOf('stream');
  while (at !== -1) {
    const opening = DATA_FOLLOW.exec(pdf.toString('latin1', at, at + 32))?.[0] ?? '';
    const head = opening === '' ? undefined : headBefore(pdf, at);
    const offset = at + opening.length;
    const end = pdf.indexOf('endstream', offset);
    const data = pdf.subarray(offset, end === -1 ? pdf.length : end);
    const deflated = head && deflatedIn(data, head.dictionary);
    if (head && deflated && !(await isWhole(deflated))) return { object: head.object, offset };
    at = pdf.indexOf('stream', head && end !== -1 ? end + 'endstream'.length : at + 1);
  }
  return undefined;
}

/** Number and dictionary of the object that a stream belongs to; undefined when the word is no beginning of a stream. */
function headBefore(pdf: Buffer, at: number): { object: number; dictionary: string } | undefined {
  const before = pdf.toString('latin1', Math.max(0, at - DICTIONARY_BYTES_MAX), at);
  const start = before.lastIndexOf('obj');
  const object = /(\d+)\s+\d+\s+$/.exec(before.slice(Math.max(0, start - 32), Math.max(0, start)))?.[1];
  if (object === undefined || !before.trimEnd().endsWith('>>')) return undefined;
  return { object: Number(object), dictionary: before.slice(start) };
}

/** What was deflated last when a stream was written; undefined when nothing was, or something else came behind it. */
function deflatedIn(data: Buffer, dictionary: string): Buffer | undefined {
  if (PICTURE.test(dictionary)) return undefined;
  const [, only, list = ''] = FILTERS.exec(dictionary) ?? [];
  const [first, second] = only === undefined ? (list.match(/\w+/g) ?? []) : [only];
  if (first === 'FlateDecode') return data;
  return first === 'ASCII85Decode' && second === 'FlateDecode' ? fromAscii85(data.toString('latin1')) : undefined;
}

/** A stream that ends with its last block has no checksum to fail; some writers leave it out. An empty one says nothing. */
async function isWhole(deflated: Buffer): Promise<boolean> {
  if (deflated.toString('latin1', 0, 8).trim() === '' && deflated.length <= 8) return true;
  const fault = await faultOf(createInflate(), deflated);
  return (
    fault === null || (fault === 'Z_BUF_ERROR' && (await faultOf(createInflateRaw(), deflated.subarray(2))) === null)
  );
}

/** Nothing is kept of what comes out: it may be far more than memory holds. */
async function faultOf(inflate: Inflate | InflateRaw, deflated: Buffer): Promise<string | null> {
  inflate.end(deflated);
  try {
    for await (const _ of inflate);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** Five characters are four bytes; `z` is four zeros, `~>` the end. Characters that cannot be give bytes that were not. */
function fromAscii85(text: string): Buffer {
  const digits = text.replace(/~[\s\S]*$|\s/g, '').replaceAll('z', '!!!!!');
  const bytes = Buffer.alloc(Math.ceil(digits.length / 5) * 4);
  for (let group = 0; group * 5 < digits.length; group += 1) {
    const five = digits.slice(group * 5, group * 5 + 5).padEnd(5, 'u');
    const value = Buffer.from(five, 'latin1').reduce((sum, digit) => sum * 85 + digit - 33, 0);
    bytes.writeUInt32BE(value >>> 0, group * 4);
  }
  const filled = digits.length % 5;
  return filled === 0 ? bytes : bytes.subarray(0, bytes.length - 5 + filled);
}
