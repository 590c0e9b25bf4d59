import type { Journal, JournalEntry } from '@intendant/intent-model';

type Kind = JournalEntry['kind'];

/** An operation of the handler that is not the one that was recorded. */
export interface Divergence {
  readonly expected: string;
  readonly actual: string;
  /** Where what was recorded stands; null when nothing more was. */
  readonly recorded: Place | null;
}

export type Place = Pick<JournalEntry, 'branch' | 'ordinal'>;

export const placeOf = ({ branch, ordinal }: Place): Place => ({ branch, ordinal });

const named = (entry: Pick<JournalEntry, 'kind' | 'id'>): string => `${entry.kind} ${entry.id}`;
const placeKey = (branch: string, ordinal: number): string => `${branch}#${ordinal}`;
const shownPlace = (branch: string, ordinal: number): string =>
  `operation ${ordinal}${branch === '' ? '' : ` of branch ${branch}`}`;

/**
 * The journal as the handler meets it again: every operation finds what was recorded at its place, and ends become known
 * to it in the order in which it learnt of them before.
 */
export class JournalReplay {
  readonly #byPlace = new Map<string, JournalEntry>();
  readonly #placeOf = new Map<string, string>();
  readonly #visited = new Set<string>();
  readonly #waitedFor = new Set<string>();
  /** Ends in the order in which the handler learnt of them; then those it has not heard of. */
  readonly #ends: JournalEntry[];
  readonly #known: number;
  readonly #listening = new Map<JournalEntry, () => void>();
  #next = 0;

  constructor(journal: Journal) {
    for (const entry of journal.entries) {
      const place = placeKey(entry.branch, entry.ordinal);
      this.#byPlace.set(place, entry);
      if (entry.kind !== 'state') this.#placeOf.set(named(entry), place);
    }
    const async = journal.entries.filter((entry) => isAsync(entry.kind) && hasEnded(entry));
    const known = async.filter((entry) => entry.order !== null);
    known.sort((a, b) => (a.order as number) - (b.order as number));
    this.#known = known.length;
    this.#ends = [...known, ...async.filter((entry) => entry.order === null)];
  }

  /** What was recorded at this place; a divergence when it was another operation. */
  meet(kind: Kind, id: string, branch: string, ordinal: number): JournalEntry | undefined | Divergence {
    const place = placeKey(branch, ordinal);
    const entry = this.#byPlace.get(place);
    const actual = `${kind} ${id}`;
    if (entry === undefined) {
      const elsewhere = kind === 'state' ? undefined : this.#placeOf.get(actual);
      if (elsewhere === undefined) return undefined;
      const recorded = this.#byPlace.get(elsewhere) as JournalEntry;
      return {
        expected: `${actual} as ${shownPlace(recorded.branch, recorded.ordinal)}`,
        actual: `${actual} as ${shownPlace(branch, ordinal)}`,
        recorded: placeOf(recorded),
      };
    }
    this.#visited.add(place);
    if (entry.kind === kind && entry.id === id) return entry;
    return { expected: `${named(entry)} as ${shownPlace(branch, ordinal)}`, actual, recorded: placeOf(entry) };
  }

  /**
   * The id of a wait that was given none: the signal's name, or the name with its place when another wait has that. What
   * was recorded at the place decides, so that it is the same in every run, and in histories from before there were places.
   */
  waitIdAt(name: string, branch: string, ordinal: number): string {
    const placed = `${name}.${ordinal}${branch.replaceAll('/', '-')}`;
    const recorded = this.#byPlace.get(placeKey(branch, ordinal));
    const isTaken = this.#waitedFor.has(name) || this.#placeOf.has(named({ kind: 'signal', id: name }));
    const id = recorded?.id === name || (recorded?.id !== placed && !isTaken) ? name : placed;
    this.#waitedFor.add(id);
    return id;
  }

  /** Calls `learn` when it is this end's turn. */
  whenTold(entry: JournalEntry, learn: () => void): void {
    this.#listening.set(entry, learn);
  }

  /** Tells the handler of the next end, if it listens for it; false when it does not, or there is none. */
  tellNext(): boolean {
    const entry = this.#ends[this.#next];
    const learn = entry === undefined ? undefined : this.#listening.get(entry);
    if (entry === undefined || learn === undefined) return false;
    this.#next += 1;
    this.#listening.delete(entry);
    learn();
    return true;
  }

  /** There are ends left that the handler has learnt of before. */
  get knowsMore(): boolean {
    return this.#next < this.#known;
  }

  /** An end that the handler should have asked for by now, while it waits for later ones. */
  missedEnd(): JournalEntry | undefined {
    return this.#listening.size > 0 ? this.#ends[this.#next] : undefined;
  }

  /** The first operation that was recorded and that the handler ended without. */
  unvisited(): JournalEntry | undefined {
    for (const [place, entry] of this.#byPlace) if (!this.#visited.has(place)) return entry;
    return undefined;
  }
}

/** The handler waits for these; the others it has at once. */
const isAsync = (kind: Kind): boolean => kind !== 'now' && kind !== 'random' && kind !== 'state';

export const hasEnded = (entry: JournalEntry): boolean => entry.status === 'succeeded' || entry.status === 'failed';

export const isDivergence = (met: JournalEntry | undefined | Divergence): met is Divergence =>
  met !== undefined && 'expected' in met;
