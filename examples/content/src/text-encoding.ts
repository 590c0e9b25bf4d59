import { StepFailure } from '@intendant/participant';
import { decodeWindows1252 } from './windows-1252.js';

/** What of a file's bytes is text; `fault` is the first byte that is not of the encoding. */
type Decoded = { readonly text: string } | { readonly fault: { readonly offset: number; readonly before: string } };

/** Encodings of text files by the name used in `parseOptions.encoding`. */
const NAMED: Readonly<Record<string, (bytes: Buffer) => Decoded>> = {
  'utf-8': (bytes) => decodeUnicode(bytes, 'utf-8'),
  ascii: decodeAscii,
  'utf-16le': (bytes) => decodeUnicode(bytes, 'utf-16le'),
  // ISO 8859-1, as for mainframe records: 80 to 9F are control characters there, not the € and quotes of Windows.
  latin1: (bytes) => ({ text: bytes.toString('latin1') }),
  'windows-1252': decodeWindows1252,
};

/** Encodings that a file can say it is in. UTF-32 comes first: its mark begins with that of UTF-16. */
const MARKED = [
  { mark: [0xff, 0xfe, 0, 0], encoding: 'utf-32le' },
  { mark: [0, 0, 0xfe, 0xff], encoding: 'utf-32be' },
  { mark: [0xef, 0xbb, 0xbf], encoding: 'utf-8', decode: NAMED['utf-8'] },
  { mark: [0xff, 0xfe], encoding: 'utf-16le', decode: NAMED['utf-16le'] },
  { mark: [0xfe, 0xff], encoding: 'utf-16be', decode: (bytes: Buffer) => decodeUnicode(bytes, 'utf-16be') },
];

export interface DecodedText {
  readonly text: string;
  /** Name of the encoding that was used. */
  readonly encoding: string;
}

/**
 * Text of a file: by its byte order mark, else by the named encoding, else UTF-8. Bytes that are not of that encoding
 * throw `invalid_encoding`; a file is never repaired with replacement characters.
 */
export function decodeText(content: Uint8Array, named?: string): DecodedText {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const marked = MARKED.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte));
  const encoding = marked?.encoding ?? named ?? 'utf-8';
  const decode = marked === undefined ? NAMED[encoding] : marked.decode;
  if (decode === undefined) {
    throw new StepFailure('encoding_not_supported', `text cannot be read as ${encoding}`, {
      details: { encoding, supported: Object.keys(NAMED) },
    });
  }
  const decoded = decode(bytes);
  if ('text' in decoded) return { text: decoded.text, encoding };
  const { offset, before } = decoded.fault;
  const line = before.split(/\r\n|\n|\r/).length;
  const remedy = marked === undefined && named === undefined ? '; name the encoding in parseOptions.encoding' : '';
  const source = marked === undefined ? '' : ', which its byte order mark says it is';
  throw new StepFailure('invalid_encoding', `byte ${offset}, on line ${line}, is not ${encoding}${source}${remedy}`, {
    details: { encoding, offset, line },
  });
}

function decodeUnicode(bytes: Buffer, label: 'utf-8' | 'utf-16le' | 'utf-16be'): Decoded {
  try {
    return { text: new TextDecoder(label, { fatal: true }).decode(bytes) };
  } catch {
    return { fault: unicodeFault(bytes, label) };
  }
}

/** Where a decoder that repairs puts the first replacement character that does not stand in the file. */
function unicodeFault(bytes: Buffer, label: 'utf-8' | 'utf-16le' | 'utf-16be'): { offset: number; before: string } {
  const text = new TextDecoder(label, { ignoreBOM: true }).decode(bytes);
  const written = { 'utf-8': 'efbfbd', 'utf-16le': 'fdff', 'utf-16be': 'fffd' }[label];
  let offset = 0;
  for (let from = 0; ; ) {
    const at = text.indexOf('\ufffd', from);
    offset += label === 'utf-8' ? Buffer.byteLength(text.slice(from, at)) : (at - from) * 2;
    const end = offset + written.length / 2;
    if (at === -1 || bytes.toString('hex', offset, end) !== written) return { offset, before: text.slice(0, at) };
    from = at + 1;
    offset = end;
  }
}

function decodeAscii(bytes: Buffer): Decoded {
  const text = bytes.toString('latin1');
  const offset = bytes.findIndex((byte) => byte > 0x7f);
  return offset === -1 ? { text } : { fault: { offset, before: text.slice(0, offset) } };
}
