/** What should come of each step; keeps account of what did not. */
export class Expectations {
  #met = 0;
  /** @type {string[]} */
  #missed = [];

  /** @param {import('./printer.mjs').Printer} printer */
  constructor(printer) {
    this.printer = printer;
  }

  /** @param {boolean} holds */
  expect(holds, what) {
    if (holds) this.#met += 1;
    else {
      this.#missed.push(what);
      this.printer.failure(`NOT AS EXPECTED: ${what}`);
    }
  }

  /** Prints the account; the exit code. */
  conclude() {
    const { printer } = this;
    printer.title(this.#missed.length === 0 ? 'All as expected' : 'Not as expected');
    printer.line(`${this.#met} of ${this.#met + this.#missed.length} expectations met`);
    for (const missed of this.#missed) printer.failure(missed);
    return this.#missed.length === 0 ? 0 : 1;
  }
}
