const LF = 0x0a;
const CR = 0x0d;

export const isLineBreak = (byte: number | undefined): boolean => byte === LF || byte === CR;

/** Turns growing byte positions into the lines they stand on, in one pass over the bytes. */
export class LineCounter {
  #offset = 0;
  #line: number;

  constructor(
    private readonly bytes: Uint8Array,
    firstLine: number,
  ) {
    this.#line = firstLine;
  }

  /** Line of the byte at `offset`, which is not below that of the call before. */
  lineAt(offset: number): number {
    for (; this.#offset < offset; this.#offset += 1) {
      const byte = this.bytes[this.#offset];
      // CR LF is one line end, counted at its LF.
      if (byte === LF || (byte === CR && this.bytes[this.#offset + 1] !== LF)) this.#line += 1;
    }
    return this.#line;
  }
}
