import { StepFailure } from '@intendant/participant';
import { decodeWindows1252 } from './windows-1252.js';

/** What of a file's bytes is text; `fault` is the first byte that is not of the encoding. */
type Decoded = { readonly text: string } | { readonly fault: Fault };
interface Fault {
  readonly offset: number;
  readonly before: string;
  /** What the file may be instead. */
  readonly hint?: string;
}

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

/** The declaration of an XML file up to its encoding, which is given by name. */
const XML_ENCODING = /^(\s*<\?xml(?=\s)[^>]*?)(\sencoding\s*=\s*(?:"([A-Za-z][\w.-]*)"|'([A-Za-z][\w.-]*)'))/;
const XML_DECLARATION_CHARS_MAX = 1024;

/** Encodings by the names that XML files give them, in lower case and without hyphens. */
const DECLARED = new Map([
  ['utf8', 'utf-8'],
  ['ascii', 'ascii'],
  ['usascii', 'ascii'],
  ['iso88591', 'latin1'],
  ['latin1', 'latin1'],
  ['windows1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
]);

export interface DecodedText {
  readonly text: string;
  /** Name of the encoding that was used. */
  readonly encoding: string;
}

/** What says in which encoding a file is. */
interface Basis {
  readonly encoding: string;
  readonly decode: ((bytes: Buffer) => Decoded) | undefined;
  /** Ends the sentence that a byte is not of the encoding. */
  readonly because: string;
}

/**
 * Text of a file: by its byte order mark, else by the named encoding, else UTF-8. Bytes that are not of that encoding
 * throw `invalid_encoding`, and so does NUL; a file is never repaired with replacement characters.
 */
export function decodeText(content: Uint8Array, named?: string): DecodedText {
  const bytes = bufferOf(content);
  const otherwise = named === undefined ? '; name the encoding in parseOptions.encoding' : '';
  return decodeBy(marked(bytes) ?? basisOf(named ?? 'utf-8', otherwise), bytes);
}

/**
 * Text of an XML file, as of any other; where neither mark nor name says it, the encoding is the one that the file
 * declares. The declaration is blanked: it speaks of the bytes, not of the text.
 */
export function decodeXml(content: Uint8Array, named?: string): DecodedText {
  const bytes = bufferOf(content);
  const basis = marked(bytes) ?? (named === undefined ? declared(bytes) : basisOf(named, ''));
  const { text, encoding } = decodeBy(basis, bytes);
  const start = text.slice(0, XML_DECLARATION_CHARS_MAX);
  const blanked = start.replace(XML_ENCODING, (_, before: string, said: string) => before + said.replace(/\S/g, ' '));
  return { text: blanked + text.slice(XML_DECLARATION_CHARS_MAX), encoding };
}

const bufferOf = (content: Uint8Array): Buffer => Buffer.from(content.buffer, content.byteOffset, content.byteLength);

const basisOf = (encoding: string, because: string): Basis => ({ encoding, decode: NAMED[encoding], because });

function marked(bytes: Buffer): Basis | undefined {
  const found = MARKED.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte));
  if (found === undefined) return undefined;
  return { encoding: found.encoding, decode: found.decode, because: ', which its byte order mark says it is' };
}

/** What an XML file says itself: UTF-8 if nothing. */
function declared(bytes: Buffer): Basis {
  const match = XML_ENCODING.exec(bytes.toString('latin1', 0, XML_DECLARATION_CHARS_MAX));
  const name = (match?.[3] ?? match?.[4])?.toLowerCase();
  if (name === undefined) return basisOf('utf-8', '; an XML declaration may name another encoding');
  const because = ', which its XML declaration says it is';
  // The declaration was found a byte a character: whatever the file is, it is not UTF-16.
  const notAtAll = () => ({ fault: { offset: 0, before: '' } });
  if (name.startsWith('utf-16')) return { encoding: name, decode: notAtAll, because };
  const encoding = DECLARED.get(name.replace(/[-_]/g, ''));
  return encoding === undefined ? { encoding: name, decode: undefined, because } : basisOf(encoding, because);
}

function decodeBy({ encoding, decode, because }: Basis, bytes: Buffer): DecodedText {
  if (decode === undefined) {
    throw new StepFailure('encoding_not_supported', `text cannot be read as ${encoding}${because}`, {
      details: { encoding, supported: Object.keys(NAMED) },
    });
  }
  const decoded = nulIn(bytes, encoding) ?? decode(bytes);
  if ('text' in decoded) return { text: decoded.text, encoding };
  const { offset, before, hint = '' } = decoded.fault;
  const line = before.split(/\r\n|\n|\r/).length;
  throw new StepFailure('invalid_encoding', `byte ${offset}, on line ${line}, is not ${encoding}${because}${hint}`, {
    details: { encoding, offset, line },
  });
}

/** UTF-16 without a mark would be read as text in which every other character is NUL. */
function nulIn(bytes: Buffer, encoding: string): Decoded | undefined {
  const offset = encoding.startsWith('utf-16') ? -1 : bytes.indexOf(0);
  if (offset === -1) return undefined;
  const hint = '; it is NUL, as in UTF-16, which has a byte order mark or is named (utf-16le)';
  return { fault: { offset, before: bytes.toString('latin1', 0, offset), hint } };
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
