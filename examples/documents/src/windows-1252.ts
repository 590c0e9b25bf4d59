/** Characters of the bytes 80 to 9F; a blank where there is none. */
const HIGH = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

/**
 * Text of Windows-1252 bytes. TextDecoder is no help: in Node 20 it takes 80 to 9F for control characters, and by its
 * standard the five bytes without a character, too. Here these are no text.
 */
export function decodeWindows1252(bytes: Buffer): { text: string } | { fault: { offset: number; before: string } } {
  const text = bytes.toString('latin1');
  const offset = text.search(/[\x81\x8d\x8f\x90\x9d]/);
  if (offset !== -1) return { fault: { offset, before: text.slice(0, offset) } };
  return { text: text.replace(/[\x80-\x9f]/g, (control) => HIGH[control.charCodeAt(0) - 0x80] ?? control) };
}
