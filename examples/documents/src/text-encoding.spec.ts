import type { StepFailure } from '@intendant/participant';
import { describe, expect, it } from '@jest/globals';
import { decodeText, decodeXml } from './text-encoding.js';

function failureOf(
  bytes: Uint8Array,
  named?: string,
  decode = decodeText,
): Pick<StepFailure, 'code' | 'message' | 'options'> {
  try {
    decode(bytes, named);
  } catch (error) {
    return error as StepFailure;
  }
  throw new Error('it was read');
}

const everyByte = Array.from({ length: 256 }, (_, byte) => byte);
const codePointOf = (byte: number, encoding: string): number | undefined => {
  try {
    return decodeText(Uint8Array.of(byte), encoding).text.codePointAt(0);
  } catch {
    return undefined;
  }
};

describe('text encoding', () => {
  it('gives every byte of Windows-1252 its character, and NUL and five others none', () => {
    const none = undefined;
    // Unicode’s own table of the code page (MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT), 80 to 9F
    const high = [
      [0x20ac, none, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021],
      [0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, none, 0x017d, none],
      [none, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014],
      [0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, none, 0x017e, 0x0178],
    ].flat();
    const expected = everyByte.map((byte) => (byte >= 0x80 && byte <= 0x9f ? high[byte - 0x80] : byte || none));
    expect(everyByte.map((byte) => codePointOf(byte, 'windows-1252'))).toEqual(expected);
    expect(decodeText(Buffer.from('a\x80 \x93b\x94\xff', 'latin1'), 'windows-1252').text).toBe('a€ “b”ÿ');
  });

  it('takes latin1 for ISO 8859-1: every byte but NUL is the character of its number', () => {
    expect(everyByte.map((byte) => codePointOf(byte, 'latin1'))).toEqual(everyByte.map((byte) => byte || undefined));
    expect(everyByte.map((byte) => codePointOf(byte, 'ascii'))).toEqual(
      everyByte.map((byte) => (byte < 0x80 ? byte || undefined : undefined)),
    );
  });

  it.each([
    ['utf-8', [0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa4]],
    ['utf-16le', [0xff, 0xfe, 0x61, 0, 0xe4, 0]],
    ['utf-16be', [0xfe, 0xff, 0, 0x61, 0, 0xe4]],
  ])('believes the mark of %s, and drops it', (encoding, bytes) => {
    expect(decodeText(Uint8Array.from(bytes), 'latin1')).toEqual({ text: 'aä', encoding });
  });

  it.each([
    ['utf-32le', [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]],
    ['utf-32be', [0, 0, 0xfe, 0xff, 0, 0, 0, 0x61]],
  ])('does not take %s for something else', (encoding, bytes) => {
    expect(failureOf(Uint8Array.from(bytes))).toMatchObject({
      code: 'encoding_not_supported',
      options: { details: { encoding } },
    });
  });

  it.each<[string, string | undefined, Buffer, number, number]>([
    ['utf-8', undefined, Buffer.from('a\r\nb\rJ\xfcrgen\n', 'latin1'), 6, 3],
    ['utf-8', 'utf-8', Buffer.from([0x0a, 0xe2, 0x82]), 1, 2],
    ['utf-8', 'utf-8', Buffer.concat([Buffer.from('\ufeffä\ufffd\n\u{1f600}'), Buffer.of(0xff, 0xfe)]), 13, 2],
    ['ascii', 'ascii', Buffer.from('a\nb\xff', 'latin1'), 3, 2],
    ['windows-1252', 'windows-1252', Buffer.from('\x80\n\n\x9d', 'latin1'), 3, 3],
    [
      'utf-16le',
      undefined,
      Buffer.concat([Buffer.from('\ufeff\ufffd\na', 'utf16le'), Buffer.of(0, 0xd8, 0x61, 0)]),
      8,
      2,
    ],
    ['utf-16le', 'utf-16le', Buffer.from([0x61, 0, 0x62]), 2, 1],
    ['utf-16be', undefined, Buffer.from([0xfe, 0xff, 0, 0x0a, 0xdc, 0, 0, 0x61]), 4, 2],
  ])('names the place where bytes are not %s (named: %s)', (encoding, named, bytes, offset, line) => {
    expect(failureOf(bytes, named)).toMatchObject({
      code: 'invalid_encoding',
      options: { details: { encoding, offset, line } },
    });
  });

  it.each([
    ['utf-8', 'utf16le', undefined],
    ['windows-1252', 'utf16le', 'windows-1252'],
    ['latin1', 'utf16be', 'latin1'],
    ['ascii', 'utf16be', 'ascii'],
  ])('does not take UTF-16 without a mark for %s full of NULs', (encoding, order, named) => {
    const le = Buffer.from('a\nā,1', 'utf16le');
    const bytes = order === 'utf16le' ? le : Buffer.from(le).swap16();
    const offset = order === 'utf16le' ? 1 : 0;
    const failure = failureOf(bytes, named);
    expect(failure).toMatchObject({ code: 'invalid_encoding', options: { details: { encoding, offset, line: 1 } } });
    expect(failure.message).toContain('utf-16le');
    expect(failureOf(Buffer.from('a\n\0'), named)).toMatchObject({ options: { details: { offset: 2, line: 2 } } });
    expect(decodeText(le, 'utf-16le').text).toBe('a\nā,1');
  });

  it('asks for a name only of those who gave none', () => {
    expect(failureOf(Buffer.of(0xff)).message).toContain('parseOptions.encoding');
    expect(failureOf(Buffer.of(0xff), 'utf-8').message).not.toContain('parseOptions');
    expect(failureOf(Buffer.of(0xfe, 0xff, 0xdc)).message).toBe(
      'byte 2, on line 1, is not utf-16be, which its byte order mark says it is',
    );
  });
});

describe('encoding of XML', () => {
  const xml = (encoding: string): string => `<?xml version="1.0" encoding=${encoding}?>\n<a>\u20acä</a>`;
  const blank = (encoding: string): string =>
    xml(encoding).replace(` encoding=${encoding}`, (s) => ' '.repeat(s.length));
  const marked = (text: string, order: 'le' | 'be'): Buffer => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return order === 'le' ? bytes : bytes.swap16();
  };
  const latin1 = (text: string): Buffer => Buffer.from(text.replace('\u20ac', '\x80'), 'latin1');

  it.each<[string, string, Buffer, string | undefined, string]>([
    ['the mark, and the declaration agrees', '"UTF-16"', marked(xml('"UTF-16"'), 'le'), undefined, 'utf-16le'],
    ['the mark of the other order', '"UTF-16"', marked(xml('"UTF-16"'), 'be'), undefined, 'utf-16be'],
    ['the mark against name and declaration', '"us-ascii"', marked(xml('"us-ascii"'), 'be'), 'latin1', 'utf-16be'],
    ['the mark of UTF-8', '"utf-16"', Buffer.from(`\ufeff${xml('"utf-16"')}`), undefined, 'utf-8'],
    ['the name against the declaration', '"utf-16"', Buffer.from(xml('"utf-16"')), 'utf-8', 'utf-8'],
    ['the name without a mark', '"UTF-16"', Buffer.from(xml('"UTF-16"'), 'utf16le'), 'utf-16le', 'utf-16le'],
    ['the declaration', '"Windows-1252"', latin1(xml('"Windows-1252"')), undefined, 'windows-1252'],
    ['the declaration in single quotes', "'utf8'", Buffer.from(xml("'utf8'")), undefined, 'utf-8'],
  ])('believes %s', (_, declared, bytes, named, encoding) => {
    expect(decodeXml(bytes, named)).toEqual({ text: blank(declared), encoding });
  });

  it.each([
    ['ISO-8859-1', 'latin1'],
    ['iso_8859-1', 'latin1'],
    ['US-ASCII', 'ascii'],
    ['UTF8', 'utf-8'],
  ])('knows the name %s', (name, encoding) => {
    expect(decodeXml(Buffer.from(`<?xml version='1.0'\n\tencoding = '${name}' standalone='yes'?><a/>`))).toEqual({
      text: `<?xml version='1.0'\n\t${' '.repeat(name.length + 13)} standalone='yes'?><a/>`,
      encoding,
    });
  });

  it.each<[string, string, string, object]>([
    ['an encoding that is not read', '<?xml version="1.0" encoding="IBM037"?>', 'encoding_not_supported', {}],
    ['a name that every object knows', '<?xml version="1.0" encoding="constructor"?>', 'encoding_not_supported', {}],
    ['UTF-16 without a mark', '<?xml version="1.0" encoding="UTF-16"?>', 'invalid_encoding', { offset: 0, line: 1 }],
    ['bytes of another one', '<?xml version="1.0" encoding="ascii"?>\nä', 'invalid_encoding', { offset: 39, line: 2 }],
    ['bytes that are not UTF-8 without a declaration', '<a>\n\xff', 'invalid_encoding', { offset: 4, line: 2 }],
  ])('refuses %s', (_, text, code, details) => {
    const failure = failureOf(Buffer.from(text, 'latin1'), undefined, decodeXml);
    expect(failure).toMatchObject({ code, options: { details } });
    expect(failure.message).toMatch(/XML declaration/);
  });

  it('leaves alone what is not the declaration of the file', () => {
    const text = '<a>\n<?xml version="1.0" encoding="UTF-16"?></a>';
    expect(decodeXml(Buffer.from(text))).toEqual({ text, encoding: 'utf-8' });
  });
});
