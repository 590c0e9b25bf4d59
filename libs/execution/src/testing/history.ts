import { EMPTY_HEAD, type Entry, encodeEntry, headAfter, type LogRecord } from '@intendant/wal';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import type { ExecutionCommand } from '../commands.js';
import { decide } from '../decide.js';
import { evolveAll } from '../evolve.js';
import { type ExecutionState, noExecution } from '../state.js';

/** One execution and its log, moved by commands as the supervisor moves it, without any I/O. */
export class History {
  readonly entries: Entry[] = [];
  state: ExecutionState;
  #skipped: number | null = null;

  constructor(readonly executionId: string = SAMPLE_IDS.executionId) {
    this.state = noExecution(executionId);
  }

  static of(...commands: readonly ExecutionCommand[]): History {
    const history = new History();
    for (const command of commands) history.perform(command);
    return history;
  }

  get records(): readonly LogRecord[] {
    return this.entries.flatMap((entry) => entry.records);
  }

  /** As if the history had grown to this length by records that say nothing. */
  skipTo(lastSeq: number): void {
    this.state = { ...this.state, lastSeq };
    this.#skipped = lastSeq + 1;
  }

  /** Decides, records and folds; the types of the records, none when the command does not count. */
  perform(command: ExecutionCommand): readonly string[] {
    const drafts = decide(this.state, command);
    if (drafts.length === 0) return [];
    const last = this.entries[this.entries.length - 1];
    const after = last === undefined ? EMPTY_HEAD : headAfter(last);
    const head = this.#skipped === null ? after : { ...after, nextSeq: this.#skipped };
    this.#skipped = null;
    const attribution = command.kind === 'accept' ? command.attribution : this.state.attribution;
    if (attribution === null) throw new Error('nothing was accepted');
    const at = { ...attribution, executionId: this.executionId };
    const entry = encodeEntry(this.executionId, head, at, SAMPLE_IDS.at, drafts);
    this.state = evolveAll(this.state, entry.records);
    this.entries.push(entry);
    return drafts.map((draft) => draft.type);
  }
}
