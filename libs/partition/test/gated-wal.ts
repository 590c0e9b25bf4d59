import { AppendInDoubt, type Entry, type Lease, type UnfitLog, type Wal } from '@intendant/wal';

type Append = () => Promise<readonly number[]>;

/** A log whose appends can be held, lost or cut off: what a slow disk, a failing one and a killed process look like. */
export class GatedWal implements Wal {
  appends = 0;
  /** Decides what becomes of the n-th append. */
  fate: (n: number) => 'durable' | 'held' | 'in_doubt' | 'dies_before' | 'dies_after' = () => 'durable';
  readonly #held: (() => void)[] = [];
  #dead = false;

  constructor(private readonly inner: Wal) {}

  append(lease: Lease, entries: readonly Entry[]): Promise<readonly number[]> {
    if (this.#dead) return never();
    if (this.unfit !== null) return Promise.reject(this.unfit);
    this.appends += 1;
    const write: Append = () => this.inner.append(lease, entries);
    switch (this.fate(this.appends)) {
      case 'durable':
        return write();
      case 'held':
        return new Promise<void>((resolve) => this.#held.push(resolve)).then(write);
      case 'in_doubt':
        return Promise.reject(new AppendInDoubt(new Error('no space left')));
      case 'dies_before':
        this.#dead = true;
        return never();
      case 'dies_after':
        this.#dead = true;
        return write().then(never);
    }
  }

  /** Lets every held append go on. */
  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  /** From here on the process that uses this handle gets nowhere. */
  die(): void {
    this.#dead = true;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** What the log refuses appends with, as long as it is set. */
  unfit: UnfitLog | null = null;

  refusal = () => this.unfit;
  describe = () => this.inner.describe();
  acquire = (partition: number) => this.inner.acquire(partition);
  read = (...range: Parameters<Wal['read']>) => this.inner.read(...range);
  readStream = (streamId: string) => this.inner.readStream(streamId);
  streamHead = (streamId: string) => this.inner.streamHead(streamId);
  tail = (partition: number) => this.inner.tail(partition);
  close = () => this.inner.close();
}

const never = (): Promise<never> => new Promise(() => undefined);
