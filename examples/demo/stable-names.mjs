/** Ids by kind, in the order in which they first appear: exe#1, file#1, file#2 … */
const ID = /\b([a-z][a-z0-9]{0,31})_[0-9a-f]{32}\b|content:\/\/[0-9a-f]{64}/g;

export class StableNames {
  #names = new Map();
  #counts = new Map();

  /** The text with every id in it replaced by its name. */
  of(text) {
    return text.replace(ID, (id, kind) => this.#nameOf(id, kind ?? 'content'));
  }

  #nameOf(id, kind) {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `${kind}#${count}`;
    this.#names.set(id, name);
    return name;
  }
}
