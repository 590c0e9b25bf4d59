const KEPT_LINES = 12;

/** Thins out the server's log: routine lines are kept aside and shown only when the server dies. */
export class ServerLog {
  #recent: string[] = [];

  constructor(
    private readonly show: (line: string) => void,
    private readonly everything: boolean,
  ) {}

  line(text: string): void {
    if (this.everything || !/^(LOG|HINT|DETAIL|CONTEXT|LOCATION):/.test(text)) this.show(text);
    else this.#recent = [...this.#recent, text].slice(-KEPT_LINES);
  }

  /** Shows what led to a death. */
  showRecent(): void {
    for (const line of this.#recent) this.show(line);
    this.#recent = [];
  }
}
