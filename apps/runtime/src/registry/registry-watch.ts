import { RegistrySnapshot, RpcPattern } from '@intendant/intent-model';
import type { Logger, RpcClient } from '@intendant/nest-kit';

/** How often a start that waits for Curator says so. */
const REMIND_MS = 5_000;

/** Holds the newest registry snapshot that Curator pushed. With Curator gone the last one stays in use. */
export class RegistryWatch {
  #stop: () => void = () => undefined;
  #connected = false;
  #heard = false;

  constructor(
    private readonly rpc: RpcClient,
    private readonly logger: Logger,
    private readonly onSnapshot: (snapshot: RegistrySnapshot) => void,
  ) {}

  /** Resolves with the first snapshot. */
  start(): Promise<void> {
    const reminder = setInterval(
      () => this.logger.warn('waiting for the first registry snapshot from Curator'),
      REMIND_MS,
    );
    return new Promise<void>((resolve) => {
      this.#stop = this.rpc.watch<unknown>(
        RpcPattern.watchRegistry,
        // Curator then waits for instances to register again rather than push a snapshot without them.
        () => ({ hasSnapshot: this.#heard }),
        (message) => {
          const snapshot = RegistrySnapshot.safeParse(message);
          if (!snapshot.success)
            return this.logger.error({ issue: snapshot.error.issues[0] }, 'malformed registry snapshot');
          this.#connected = true;
          this.#heard = true;
          this.onSnapshot(snapshot.data);
          clearInterval(reminder);
          resolve();
        },
        () => {
          if (this.#connected) this.logger.warn('registry watch lost, the last snapshot stays in use');
          this.#connected = false;
        },
      );
    });
  }

  get heard(): boolean {
    return this.#heard;
  }

  get connected(): boolean {
    return this.#connected;
  }

  stop(): void {
    this.#stop();
  }
}
