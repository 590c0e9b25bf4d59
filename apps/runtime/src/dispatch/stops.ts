import type { CallToken } from '@intendant/intent-model';

/** Whether a delivery that is on its way has been called off, and what is to happen then. */
interface Stop {
  because: string | null;
  act: (because: string) => void;
}

/** Deliveries on their way, so that they can be called off wherever they are. */
export class Stops {
  readonly #open = new Map<string, Stop>();

  async during<T>(token: CallToken, key: string, work: () => Promise<T>): Promise<T> {
    const name = nameOf(token, key);
    this.#open.set(name, { because: null, act: () => undefined });
    try {
      return await work();
    } finally {
      this.#open.delete(name);
    }
  }

  /** Of a delivery that is on its way. */
  of(token: CallToken, key: string): Stop {
    const stop = this.#open.get(nameOf(token, key));
    if (stop === undefined) throw new Error(`no delivery ${nameOf(token, key)} is on its way`);
    return stop;
  }

  stop(token: CallToken, key: string, because: string): void {
    const stop = this.#open.get(nameOf(token, key));
    if (stop === undefined || stop.because !== null) return;
    stop.because = because;
    stop.act(because);
  }
}

const nameOf = ({ epoch, n }: CallToken, key: string): string => `${key}/${epoch}.${n}`;
