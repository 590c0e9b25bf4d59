import { StepFailure } from '@intendant/participant';

/** What a PICTURE says of an item: characters of text, or a number of `digits` with `scale` of them after the point. */
export type Picture =
  | { readonly kind: 'text'; readonly length: number }
  | { readonly kind: 'number'; readonly digits: number; readonly scale: number; readonly signed: boolean };

const DIGITS_MAX = 31;
const LENGTH_MAX = 1_000_000;
const SYMBOL = /([A-Z0-9$*+,/.-])(?:\((\d{1,7})\))?/gy;

/**
 * Reads a PICTURE string such as `X(12)`, `9(10)V99` or `S9(7)`.
 * Throws `picture_not_supported` for edited, scaled (P) and national pictures and for what is no picture at all.
 */
export function parsePicture(picture: string, line: number): Picture {
  const refuse = (reason: string): StepFailure =>
    new StepFailure('picture_not_supported', `copybook line ${line}: PICTURE ${picture} ${reason}`, {
      details: { line, picture, reason },
    });
  const symbols = symbolsOf(picture);
  if (symbols === undefined) throw refuse('is not a picture string');
  const length = symbols.reduce((sum, { count }) => sum + count, 0);
  if (length > LENGTH_MAX) throw refuse(`is longer than ${LENGTH_MAX}`);
  const shape = symbols.map(({ symbol }) => symbol).join('');
  if (/^[XA9]*[XA][XA9]*$/.test(shape)) return { kind: 'text', length };
  if (!/^S?9*(?:V9*)?$/.test(shape) || !shape.includes('9')) throw refuse('is edited, scaled or national');
  if (symbols.some(({ symbol, count }) => 'SV'.includes(symbol) && count !== 1)) throw refuse('repeats S or V');
  const point = symbols.findIndex(({ symbol }) => symbol === 'V');
  const digitsOf = (part: typeof symbols): number =>
    part.reduce((sum, { symbol, count }) => (symbol === '9' ? sum + count : sum), 0);
  const digits = digitsOf(symbols);
  if (digits > DIGITS_MAX) throw refuse(`has more than ${DIGITS_MAX} digits`);
  return {
    kind: 'number',
    digits,
    scale: point === -1 ? 0 : digitsOf(symbols.slice(point)),
    signed: shape.startsWith('S'),
  };
}

function symbolsOf(picture: string): { symbol: string; count: number }[] | undefined {
  const matches = [...picture.matchAll(SYMBOL)];
  if (matches.reduce((sum, [text]) => sum + text.length, 0) !== picture.length) return undefined;
  const symbols = matches.map(([, symbol = '', count]) => ({ symbol, count: count === undefined ? 1 : Number(count) }));
  return symbols.some(({ count }) => count === 0) ? undefined : symbols;
}
