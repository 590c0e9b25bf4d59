import type { Journal, JournalCommand, JournalEntry, JournalReply, StepError } from '@intendant/intent-model';

type Kind = JournalEntry['kind'];

const KINDS: Readonly<Record<string, Kind>> = { step_start: 'step', await_signal: 'signal', state_set: 'state' };

/** The Runtime's side of one journal, as far as a handler sees it. */
export class MemoryJournal {
  /** What was reported, report by report; the last may be what came with the outcome. */
  readonly reports: (readonly JournalCommand[])[] = [];
  /** Operations that may not begin. */
  readonly held = new Set<string>();
  /** Steps that fail as they begin, and why. */
  readonly barred = new Map<string, StepError>();
  /** What becomes of a step that fails. */
  afterFailure: 'waiting' | 'failed' = 'waiting';
  /** Answered with 409 in the place of recording. */
  refusal: object | null = null;
  /** Signals that are there before they are waited for. */
  readonly heard = new Map<string, JournalEntry['value']>();
  readonly #entries: JournalEntry[] = [];
  #version = 0;
  #order = 0;

  /** As a call carries it. */
  read(mode: Journal['mode'] = 'run'): Journal {
    return structuredClone({ version: this.#version, mode, entries: this.#entries });
  }

  /** An operation as it was recorded by an earlier call. */
  has(entry: Pick<JournalEntry, 'kind' | 'id' | 'ordinal'> & Partial<JournalEntry>): this {
    this.#entries.push({
      branch: '',
      status: 'succeeded',
      attempt: entry.kind === 'step' ? 1 : 0,
      value: null,
      error: null,
      order: null,
      ...entry,
    });
    return this;
  }

  /** What the handler waits for has ended. */
  end(kind: Kind, id: string, value: JournalEntry['value'] = null): void {
    this.#change(kind, id, { status: 'succeeded', value });
    this.#version += 1;
  }

  /** A step that waited is to be tried again. */
  due(id: string): void {
    this.#change('step', id, { status: 'due' });
    this.#version += 1;
  }

  report(commands: readonly JournalCommand[]): { status: number; body: object } {
    if (this.refusal !== null) return { status: 409, body: this.refusal };
    this.reports.push(commands);
    const held = commands.filter(({ op, id }) => this.held.has(id) && op !== 'step_succeed').map(({ id }) => id);
    for (const command of commands) if (!held.includes(command.id)) this.#record(command);
    // more than a Runtime says: a participant has to know its own among them
    const named = new Set(commands.map(({ id }) => id));
    const reply: JournalReply = { entries: this.#entries.filter(({ id }) => named.has(id)), held };
    return { status: 200, body: reply };
  }

  #record(command: JournalCommand): void {
    if (command.op === 'step_succeed') this.#end(command.id, { status: 'succeeded', value: command.value });
    else if (command.op === 'step_fail') this.#fail(command.id, command.error);
    else if (command.op === 'observe') this.#change(command.kind, command.id, { order: this.#next() });
    else this.#begin(command);
  }

  #begin(command: Extract<JournalCommand, { branch: string }>): void {
    const { op, id, branch, ordinal } = command;
    const kind = op === 'fact' ? command.kind : (KINDS[op] ?? (op as Kind));
    if (op === 'step_start' && this.#find(kind, id) !== undefined) {
      this.#change(kind, id, { status: 'open', attempt: command.attempt });
      return;
    }
    const isHeard = kind === 'signal' && this.heard.has(id);
    const value = op === 'fact' || op === 'state_set' ? command.value : isHeard ? (this.heard.get(id) ?? null) : null;
    const ended = kind === 'fact' || kind === 'state' || isHeard;
    const order = kind === 'fact' ? this.#next() : null;
    const attempt = op === 'step_start' ? command.attempt : 0;
    this.has({ kind, id, branch, ordinal, status: ended ? 'succeeded' : 'open', attempt, value, order });
    const why = kind === 'step' ? this.barred.get(id) : undefined;
    if (why !== undefined) this.#end(id, { status: 'failed', error: why });
  }

  #end(id: string, end: Partial<JournalEntry>): void {
    this.#change('step', id, { ...end, order: this.#next() });
  }

  #fail(id: string, error: StepError): void {
    if (this.afterFailure === 'failed') this.#end(id, { status: 'failed', error });
    else this.#change('step', id, { status: 'waiting', error });
  }

  #change(kind: Kind, id: string, change: Partial<JournalEntry>): void {
    const entry = this.#find(kind, id);
    if (entry === undefined) throw new Error(`no ${kind} ${id} in the journal`);
    Object.assign(entry, change);
  }

  #find(kind: Kind, id: string): JournalEntry | undefined {
    return this.#entries.find((entry) => entry.kind === kind && entry.id === id);
  }

  #next(): number {
    this.#order += 1;
    return this.#order;
  }
}
