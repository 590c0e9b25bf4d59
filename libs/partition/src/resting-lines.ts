/**
 * Work on executions that are not live stands in line, execution by execution, so that none is loaded twice at once and two
 * appends never meet at one seq.
 */
export class RestingLines {
  readonly #lines = new Map<string, Promise<unknown>>();

  get size(): number {
    return this.#lines.size;
  }

  /** Runs `work` after everything asked before it about this execution. */
  inTurn<T>(executionId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#lines.get(executionId) ?? Promise.resolve()).then(work);
    this.#stand(
      executionId,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** What is asked from now on waits for `idle`, too: work that was asked while the execution was live. */
  behind(executionId: string, idle: Promise<unknown>): void {
    const before = this.#lines.get(executionId) ?? Promise.resolve();
    this.#stand(
      executionId,
      before.then(() => idle),
    );
  }

  #stand(executionId: string, line: Promise<unknown>): void {
    this.#lines.set(executionId, line);
    void line.then(() => {
      if (this.#lines.get(executionId) === line) this.#lines.delete(executionId);
    });
  }
}
