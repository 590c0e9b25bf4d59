/** A record that cannot follow what came before it. */
export class IllegalRecord extends Error {
  constructor(
    readonly seq: number,
    readonly type: string,
    finding: string,
  ) {
    super(`record ${seq} (${type}): ${finding}`);
    this.name = 'IllegalRecord';
  }
}
