import type { FieldLayout } from './copybook.js';

/**
 * The number a field holds, as exact decimal text; null for a field left blank, unless that is how its zero is written;
 * `invalid` names what is wrong.
 */
export type DecodedNumber = { readonly value: string | null } | { readonly invalid: string };

type NumberField = Pick<FieldLayout, 'usage' | 'sign' | 'blankWhenZero'> & {
  readonly type: Extract<FieldLayout['type'], { kind: 'number' }>;
};

const POSITIVE_OVERPUNCH = '{ABCDEFGHI';
const NEGATIVE_OVERPUNCH = '}JKLMNOPQR';
/** How compilers for ASCII machines mark a negative last digit. */
const NEGATIVE_ASCII = 'pqrstuvwxy';

/** Decodes a numeric field. `characters` is the field as text, used for DISPLAY only. */
export function decodeNumber(field: NumberField, bytes: Uint8Array, characters: string): DecodedNumber {
  if (field.usage === 'binary') return decodeBinary(field, bytes);
  if (field.blankWhenZero === true && field.usage === 'display' && /^ +$/.test(characters))
    return decimal('0', false, field.type.scale);
  if (/^(?: *|\0*)$/.test(characters)) return { value: null };
  return field.usage === 'packed' ? decodePacked(field, bytes) : decodeDisplay(field, characters);
}

function decodeDisplay({ type, sign }: NumberField, characters: string): DecodedNumber {
  if (!type.signed) return decimal(characters, false, type.scale);
  if (sign.separate) {
    const mark = sign.leading ? characters.slice(0, 1) : characters.slice(-1);
    if (mark !== '+' && mark !== '-') return { invalid: 'the separate sign is neither + nor -' };
    return decimal(sign.leading ? characters.slice(1) : characters.slice(0, -1), mark === '-', type.scale);
  }
  const at = sign.leading ? 0 : characters.length - 1;
  const { digit, negative } = overpunched(characters.charAt(at));
  return decimal(characters.slice(0, at) + digit + characters.slice(at + 1), negative, type.scale);
}

function overpunched(character: string): { digit: string; negative: boolean } {
  const positive = POSITIVE_OVERPUNCH.indexOf(character);
  if (positive !== -1) return { digit: String(positive), negative: false };
  const negative = Math.max(NEGATIVE_OVERPUNCH.indexOf(character), NEGATIVE_ASCII.indexOf(character));
  return negative === -1 ? { digit: character, negative: false } : { digit: String(negative), negative: true };
}

/** Packed decimal: two digits a byte, the last half byte is the sign (C A F E plus, D B minus). */
function decodePacked({ type }: NumberField, bytes: Uint8Array): DecodedNumber {
  const nibbles = Buffer.from(bytes).toString('hex');
  const digits = nibbles.slice(0, -1);
  const negative = 'db'.includes(nibbles.slice(-1));
  if (!/[a-f]$/.test(nibbles)) return { invalid: 'the last half byte is not a sign' };
  if (negative && !type.signed) return { invalid: 'an unsigned field holds a negative number' };
  if (digits.length > type.digits && digits[0] !== '0')
    return { invalid: 'there are more digits than the picture has' };
  return decimal(digits.slice(-type.digits), negative, type.scale);
}

/** Binary: big-endian, two's complement when signed. */
function decodeBinary({ type }: NumberField, bytes: Uint8Array): DecodedNumber {
  const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const number = type.signed ? BigInt.asIntN(bytes.length * 8, unsigned) : unsigned;
  const digits = (number < 0n ? -number : number).toString();
  if (digits.length > type.digits) return { invalid: 'there are more digits than the picture has' };
  return decimal(digits.padStart(type.digits, '0'), number < 0n, type.scale);
}

function decimal(digits: string, negative: boolean, scale: number): DecodedNumber {
  if (!/^[0-9]+$/.test(digits)) return { invalid: 'there are characters other than digits' };
  const padded = digits.padStart(scale + 1, '0');
  const whole = padded.slice(0, padded.length - scale).replace(/^0+(?=\d)/, '');
  const text = scale === 0 ? whole : `${whole}.${padded.slice(-scale)}`;
  return { value: negative && /[1-9]/.test(text) ? `-${text}` : text };
}
