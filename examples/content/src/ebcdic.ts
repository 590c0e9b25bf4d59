/** Code points of the 256 EBCDIC bytes of code page 37 (US, Canada), two hex digits each; all lie within Latin-1. */
const CP037 = [
  '000102039c09867f978d8e0b0c0d0e0f101112139d8508871819928f1c1d1e1f',
  '80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a',
  '20a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293bac',
  '2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22',
  'd8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4',
  'b57e737475767778797aa1bfd0dddeae5ea3a5b7a9a7b6bcbdbe5b5dafa8b4d7',
  '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff',
  '5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f',
].join('');

const CHARACTERS = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(Number.parseInt(CP037.slice(byte * 2, byte * 2 + 2), 16)),
);

/** Text of EBCDIC bytes; every byte has a character. */
export function decodeCp037(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += CHARACTERS[byte];
  return text;
}

/** EBCDIC bytes of a text, or undefined when it has a character outside the code page. */
export function encodeCp037(text: string): Uint8Array | undefined {
  const bytes = Array.from(text, (character) => CHARACTERS.indexOf(character));
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}
