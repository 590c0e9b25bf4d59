import type { JournalCommand, JournalEntry } from '@intendant/intent-model';
import type { EndsInOrder } from './ends-in-order.js';
import type { JournalPort, ReportAnswer } from './journal-port.js';
import { inReports } from './reports.js';

type Recorded = Extract<ReportAnswer, { kind: 'recorded' }>;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * Sends what the handler does to the Runtime, in order. Everything of one turn of the event loop travels in one report,
 * so that the end of a step and the start of the next are one entry of the log.
 */
export class JournalWriter {
  #pending: JournalCommand[] = [];
  #batch: Promise<Recorded> | null = null;
  #line: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly port: JournalPort,
    private readonly ends: Pick<EndsInOrder, 'tellsMore'>,
    /** Told when a report was not recorded: the run is over. */
    private readonly onEnd: (
      end: Exclude<ReportAnswer, { kind: 'recorded' }> | { kind: 'lost'; error: unknown },
    ) => void,
  ) {}

  /** Adds to the next report, which goes out by itself. */
  add(command: JournalCommand): void {
    this.#pending.push(command);
    void this.flush();
  }

  /** Resolves once everything added so far is durable; never when the run is over. */
  flush(): Promise<{ readonly entries: readonly JournalEntry[]; readonly held: readonly string[] }> {
    if (this.#batch === null) {
      const batch = this.#line.then(() => this.#handlerReacted()).then(() => this.#send());
      this.#batch = batch;
      this.#line = batch;
    }
    return this.#batch;
  }

  /** What has not been sent, for the reply that ends the call: as much as one reply may carry, the rest goes before it. */
  async takeRest(): Promise<JournalCommand[]> {
    const reports = inReports(this.#pending);
    this.#pending = [];
    // a report that is under way comes first; one that has not left yet has nothing to send any more
    await this.#line;
    for (const report of reports.slice(0, -1)) await this.#report(report);
    return reports.at(-1) ?? [];
  }

  /** To the answer before, and to all that it is told meanwhile: what it does about them travels along. */
  async #handlerReacted(): Promise<void> {
    do await turn();
    while (this.ends.tellsMore);
  }

  async #send(): Promise<Recorded> {
    this.#batch = null;
    const reports = inReports(this.#pending);
    this.#pending = [];
    const answers: Recorded[] = [];
    for (const report of reports) answers.push(await this.#report(report));
    return {
      kind: 'recorded',
      entries: answers.flatMap(({ entries }) => entries),
      held: answers.flatMap(({ held }) => held),
    };
  }

  /** Never resolves when the commands were not recorded: the run is over. */
  async #report(commands: readonly JournalCommand[]): Promise<Recorded> {
    try {
      const answer = await this.port.report(commands);
      if (answer.kind === 'recorded') return answer;
      this.onEnd(answer);
    } catch (error) {
      this.onEnd({ kind: 'lost', error });
    }
    return new Promise(() => undefined);
  }
}
