import {
  type Failure,
  failure,
  type LiveInstance,
  type RegisteredCapability,
  type RegistrySnapshot,
  type ResolvedCapability,
  realmOf,
} from '@intendant/intent-model';
import { err, ok, type Result } from '@intendant/kernel';
import { capabilityKey } from './capability-identity.js';
import { compareVersions } from './version.js';

/** The realm whose intents are answered by several capabilities together. */
export const CROSS_REALM = 'cross_realm';

/** What a caller is told to wait before it asks again for a capability that nobody serves at the moment. */
const UNAVAILABLE_RETRY_MS = 2_000;

/** One capability that answers an intent, and the instances that may be called for it (at least one). */
export interface Answering {
  readonly resolved: ResolvedCapability;
  readonly capability: RegisteredCapability;
  readonly instances: readonly LiveInstance[];
}

/** Who answers an intent, by one revision of the registry; recorded with the acceptance. */
export interface Resolution {
  readonly revision: number;
  /** Exactly one, but for `cross_realm.*`: there, one per capability name, in order of names. */
  readonly answering: readonly [Answering, ...Answering[]];
}

/**
 * One snapshot, indexed: every look-up is a map access. Built once per revision, never changed; each intent type is
 * resolved once and the answer kept.
 */
export class RegistryIndex {
  readonly #byKey = new Map<string, RegisteredCapability>();
  readonly #byIntent = new Map<string, Map<string, RegisteredCapability[]>>();
  readonly #instances = new Map<string, LiveInstance[]>();
  readonly #resolved = new Map<string, Result<Resolution, Failure>>();

  constructor(readonly snapshot: RegistrySnapshot) {
    for (const capability of snapshot.capabilities) this.#addCapability(capability);
    for (const versions of this.#byIntent.values())
      for (const list of versions.values()) list.sort((a, b) => compareVersions(b.version, a.version));
    for (const instance of snapshot.instances) if (!instance.draining) this.#addInstance(instance);
  }

  get revision(): number {
    return this.snapshot.revision;
  }

  /**
   * Who answers this intent type: `capability_not_found` when no capability lists it, `capability_unavailable` when one
   * does and no instance serves it now. The highest version with a live instance answers. A `cross_realm.*` intent
   * needs every capability that lists it: a part that is missing makes it unavailable, never quietly smaller.
   */
  resolve(intentType: string): Result<Resolution, Failure> {
    const known = this.#resolved.get(intentType);
    if (known !== undefined) return known;
    const versionsByName = this.#byIntent.get(intentType);
    if (versionsByName === undefined)
      return err(failure('capability_not_found', `no capability answers ${intentType}`));
    const answer = this.#choose(intentType, versionsByName);
    this.#resolved.set(intentType, answer);
    return answer;
  }

  /** The newest capability that answers this intent type, served at the moment or not. */
  newest(intentType: string): RegisteredCapability | undefined {
    const newestOfEach = [...(this.#byIntent.get(intentType)?.values() ?? [])].flatMap(([first]) => first ?? []);
    return newestOfEach.sort(newestFirst)[0];
  }

  /** A registered capability, served at the moment or not. */
  capability(name: string, version: string): RegisteredCapability | undefined {
    return this.#byKey.get(capabilityKey({ name, version }));
  }

  /** The instances that may be called for a pinned capability; empty when none is live. */
  instancesOf(capability: { readonly name: string; readonly version: string }): readonly LiveInstance[] {
    return this.#instances.get(capabilityKey(capability)) ?? [];
  }

  #addCapability(capability: RegisteredCapability): void {
    this.#byKey.set(capabilityKey(capability), capability);
    for (const intentType of capability.intents) {
      const byName = entryOf(this.#byIntent, intentType, () => new Map<string, RegisteredCapability[]>());
      entryOf(byName, capability.name, () => []).push(capability);
    }
  }

  #addInstance(instance: LiveInstance): void {
    for (const served of instance.serves) entryOf(this.#instances, served, () => []).push(instance);
  }

  #choose(intentType: string, byName: Map<string, RegisteredCapability[]>): Result<Resolution, Failure> {
    const names = [...byName.keys()].sort();
    const live = names.flatMap((name) => this.#highestLive(byName.get(name) ?? []) ?? []);
    const wanted =
      realmOf(intentType) === CROSS_REALM ? live : live.sort((a, b) => newestFirst(a.resolved, b.resolved)).slice(0, 1);
    const missing =
      realmOf(intentType) === CROSS_REALM
        ? names.filter((name) => !live.some((one) => one.resolved.name === name))
        : [];
    const [first, ...others] = wanted;
    if (first === undefined || missing.length > 0) {
      return err(
        failure(
          'capability_unavailable',
          `no live participant serves ${(missing.length > 0 ? missing : names).join(', ')}`,
          {
            retryAfterMs: UNAVAILABLE_RETRY_MS,
          },
        ),
      );
    }
    const bounded = wanted.filter(({ capability }) => capability.boundary !== null);
    if (bounded.length > 1) {
      const named = bounded.map(({ resolved }) => resolved.name).join(', ');
      return err(failure('capability_unavailable', `only one capability may declare a boundary, not each of ${named}`));
    }
    return ok({ revision: this.revision, answering: [first, ...others] });
  }

  #highestLive(newestFirst: readonly RegisteredCapability[]): Answering | undefined {
    for (const capability of newestFirst) {
      const instances = this.instancesOf(capability);
      if (instances.length === 0) continue;
      const { name, version, service, digest } = capability;
      return { resolved: { digest, name, service, version }, capability, instances };
    }
    return undefined;
  }
}

/** Two names may answer one intent only while one replaces the other; then the newer version, then the name, decides. */
const newestFirst = (a: NamedVersion, b: NamedVersion): number =>
  compareVersions(b.version, a.version) || (a.name < b.name ? -1 : 1);

type NamedVersion = Pick<RegisteredCapability, 'name' | 'version'>;

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}

/** {@link RegistryIndex.resolve} for a single question; whoever asks often keeps the index. */
export const resolve = (snapshot: RegistrySnapshot, intentType: string): Result<Resolution, Failure> =>
  new RegistryIndex(snapshot).resolve(intentType);
