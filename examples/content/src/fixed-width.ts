import { StepFailure } from '@intendant/participant';
import { decodeNumber } from './cobol-number.js';
import type { FieldLayout, RecordLayout } from './copybook.js';
import { decodeCp037 } from './ebcdic.js';
import { fittingLengths, type RecordSplit, splitRecords } from './record-split.js';

export type MainframeEncoding = 'ascii' | 'latin1' | 'utf-8' | 'cp037';

export interface FixedWidthRecord {
  /** 1 for the first record. */
  readonly row: number;
  /** First byte of the record in the file, from 0. */
  readonly offset: number;
  /**
   * By field name. Text without its trailing spaces; numbers as exact decimal text with the scale of the picture
   * (`9(8)V99` gives `1234.50`); null for a number left blank, unless it is BLANK WHEN ZERO.
   */
  readonly values: Readonly<Record<string, string | null>>;
}

export interface FixedWidthReading extends RecordSplit {
  readonly records: Iterable<FixedWidthRecord>;
}

/**
 * Reads fixed-width records by a copybook's layout.
 * Throws `record_length_mismatch` at once, and `invalid_field_value` naming record, field and bytes while reading.
 */
export function readFixedWidth(
  bytes: Uint8Array,
  layout: RecordLayout,
  options: { encoding: MainframeEncoding; expectedRecordLength?: number },
): FixedWidthReading {
  const { encoding, expectedRecordLength } = options;
  const split = splitRecords(bytes, layout, { expectedRecordLength, isEbcdic: encoding === 'cp037' });
  return { ...split, records: recordsOf(bytes, layout, split, DECODERS[encoding]) };
}

function* recordsOf(
  bytes: Uint8Array,
  layout: RecordLayout,
  { recordCount, stride }: RecordSplit,
  decode: (bytes: Uint8Array) => string | undefined,
): Generator<FixedWidthRecord> {
  for (let index = 0; index < recordCount; index += 1) {
    const offset = index * stride;
    const valueIn = (field: FieldLayout): string | null => {
      const raw = bytes.subarray(offset + field.offset, offset + field.offset + field.length);
      const decoded = decodeField(field, raw, decode);
      if ('value' in decoded) return decoded.value;
      throw invalidField(
        field,
        raw,
        { row: index + 1, offset: offset + field.offset, reason: decoded.invalid },
        {
          recordLength: layout.recordLength,
          contentBytes: bytes.length,
        },
      );
    };
    const values = Object.fromEntries(layout.fields.map((field) => [field.name, valueIn(field)]));
    yield { row: index + 1, offset, values };
  }
}

function decodeField(
  field: FieldLayout,
  raw: Uint8Array,
  decode: (bytes: Uint8Array) => string | undefined,
): { value: string | null } | { invalid: string } {
  const { type } = field;
  if (type.kind === 'number') {
    const characters = decode(raw) ?? (field.usage === 'display' ? undefined : '?');
    if (characters === undefined) return { invalid: 'the bytes are not of the encoding' };
    return decodeNumber({ ...field, type }, raw, characters);
  }
  const text = decode(raw);
  return text === undefined ? { invalid: 'the bytes are not of the encoding' } : { value: text.replace(/ +$/, '') };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of a field's bytes, undefined when they are not of the encoding. */
const DECODERS: Readonly<Record<MainframeEncoding, (bytes: Uint8Array) => string | undefined>> = {
  ascii: (bytes) => (bytes.some((byte) => byte > 0x7f) ? undefined : Buffer.from(bytes).toString('latin1')),
  latin1: (bytes) => Buffer.from(bytes).toString('latin1'),
  'utf-8': (bytes) => {
    try {
      return utf8.decode(bytes);
    } catch {
      return undefined;
    }
  },
  cp037: decodeCp037,
};

function invalidField(
  field: FieldLayout,
  raw: Uint8Array,
  where: { row: number; offset: number; reason: string },
  file: { recordLength: number; contentBytes: number },
): StepFailure {
  return new StepFailure(
    'invalid_field_value',
    `record ${where.row}, field ${field.name} (PIC ${field.picture}, byte ${where.offset}): ${where.reason}`,
    {
      details: {
        ...where,
        field: field.name,
        picture: field.picture,
        usage: field.usage,
        hex: Buffer.from(raw.subarray(0, 32)).toString('hex'),
        copybookRecordLength: file.recordLength,
        otherFittingRecordLengths: fittingLengths(file.contentBytes, file.recordLength),
      },
    },
  );
}
