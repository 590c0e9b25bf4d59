import { StepFailure } from '@intendant/participant';

/** Encodings of text files by the name used in `parseOptions.encoding`. */
const LABELS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  ascii: 'utf-8',
  'utf-16le': 'utf-16le',
  latin1: 'windows-1252',
  'windows-1252': 'windows-1252',
};

export interface DecodedText {
  readonly text: string;
  /** Name of the encoding that was used. */
  readonly encoding: string;
}

/**
 * Text of a file: by its byte order mark, else by the named encoding, else UTF-8. Bytes that are not of that encoding
 * throw `invalid_encoding`; a file is never repaired with replacement characters.
 */
export function decodeText(bytes: Uint8Array, named?: string): DecodedText {
  const encoding = markedEncoding(bytes) ?? named ?? 'utf-8';
  const label = LABELS[encoding];
  if (label === undefined) {
    throw new StepFailure('encoding_not_supported', `text cannot be read as ${encoding}`, {
      details: { encoding, supported: Object.keys(LABELS) },
    });
  }
  if (encoding === 'ascii') refuseBeyondAscii(bytes);
  try {
    return { text: new TextDecoder(label, { fatal: true }).decode(bytes), encoding };
  } catch {
    throw new StepFailure(
      'invalid_encoding',
      `the bytes are not ${encoding}; name the encoding in parseOptions.encoding`,
      {
        details: { encoding },
      },
    );
  }
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  return bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : undefined;
}

function refuseBeyondAscii(bytes: Uint8Array): void {
  const offset = bytes.findIndex((byte) => byte > 0x7f);
  if (offset === -1) return;
  throw new StepFailure('invalid_encoding', `byte ${offset} is not ASCII`, { details: { encoding: 'ascii', offset } });
}
