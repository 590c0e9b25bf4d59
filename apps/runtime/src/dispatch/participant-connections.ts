import type { LiveInstance } from '@intendant/intent-model';
import { type Logger, RpcClient, type TlsFiles } from '@intendant/nest-kit';
import { HttpParticipant, httpParticipantOf } from './http-participant.js';
import type { ParticipantConnection } from './participant-connection.js';

/** One connection per live instance, opened on first use and closed when the registry forgets the instance. */
export class ParticipantConnections {
  readonly #clients = new Map<string, ParticipantConnection>();
  /** The same clients by the registry's own objects, which last until its next change. */
  #known = new WeakMap<LiveInstance, ParticipantConnection>();
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

  to(instance: LiveInstance): ParticipantConnection {
    const known = this.#known.get(instance);
    if (known !== undefined) return known;
    const client = this.#named(instance);
    this.#known.set(instance, client);
    return client;
  }

  #named(instance: LiveInstance): ParticipantConnection {
    const name = nameOf(instance);
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = this.#open(instance);
      this.#clients.set(name, client);
    }
    if (client instanceof HttpParticipant && instance.requestKey !== undefined) client.use(instance.requestKey);
    return client;
  }

  #open(instance: LiveInstance): ParticipantConnection {
    const { address, service } = instance;
    if (address.transport === 'http') return httpParticipantOf(instance, address.url, this.tls);
    // a handler may be busy for long; an instance that vanished loses its lease, and its connection with that
    return new RpcClient({ ...address, service }, this.tls, this.logger, { keepsSilent: true });
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

const nameOf = ({ service, instanceId, address }: LiveInstance): string =>
  `${service}/${instanceId}@${address.transport === 'http' ? address.url : `${address.host}:${address.port}`}`;
