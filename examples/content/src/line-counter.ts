const LF = 0x0a;
const CR = 0x0d;

/** Turns the byte positions at which records end into the lines on which they start, in one pass over the bytes. */
export class LineCounter {
  #offset = 0;
  #line = 1;

  constructor(private readonly bytes: Uint8Array) {}

  /** Line (from 1) of the first byte, blank lines left out, of the record that ends before `offset`. */
  recordEndingAt(offset: number): number {
    while (this.#offset < offset && this.#isBreak(this.#offset)) this.#step();
    const line = this.#line;
    while (this.#offset < offset) this.#step();
    return line;
  }

  #isBreak(at: number): boolean {
    return this.bytes[at] === LF || this.bytes[at] === CR;
  }

  #step(): void {
    const byte = this.bytes[this.#offset];
    this.#offset += 1;
    // CR LF is one line end, counted at its LF.
    if (byte === LF || (byte === CR && this.bytes[this.#offset] !== LF)) this.#line += 1;
  }
}
