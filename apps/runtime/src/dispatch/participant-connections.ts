import type { LiveInstance } from '@intendant/intent-model';
import { type Logger, RpcClient, type TlsFiles } from '@intendant/nest-kit';

/** One connection per live instance, opened on first use and closed when the registry forgets the instance. */
export class ParticipantConnections {
  readonly #clients = new Map<string, RpcClient>();
  /** The same clients by the registry's own objects, which last until its next change. */
  #known = new WeakMap<LiveInstance, RpcClient>();
  #turn = 0;

  constructor(
    private readonly tls: TlsFiles,
    private readonly logger: Logger,
  ) {}

  /** The instances in the order to try them: each call starts at the next one. */
  inTurn(instances: readonly LiveInstance[]): readonly LiveInstance[] {
    if (instances.length < 2) return instances;
    this.#turn += 1;
    const from = this.#turn % instances.length;
    return [...instances.slice(from), ...instances.slice(0, from)];
  }

  to(instance: LiveInstance): RpcClient {
    const known = this.#known.get(instance);
    if (known !== undefined) return known;
    const client = this.#named(instance);
    this.#known.set(instance, client);
    return client;
  }

  #named(instance: LiveInstance): RpcClient {
    const name = nameOf(instance);
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = new RpcClient({ ...instance.address, service: instance.service }, this.tls, this.logger);
      this.#clients.set(name, client);
    }
    return client;
  }

  keepOnly(instances: readonly LiveInstance[]): void {
    const wanted = new Set(instances.map(nameOf));
    this.#known = new WeakMap();
    for (const [name, client] of this.#clients) {
      if (wanted.has(name)) continue;
      this.#clients.delete(name);
      client.close();
    }
  }

  closeAll(): void {
    this.keepOnly([]);
  }
}

const nameOf = (instance: LiveInstance): string =>
  `${instance.service}/${instance.instanceId}@${instance.address.host}:${instance.address.port}`;
