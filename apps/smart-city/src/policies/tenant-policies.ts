import { type Failure, failure } from '@intendant/intent-model';
import type { Clock } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import {
  type BrokenPolicy,
  compilePolicy,
  invalidBundle,
  type ReadBundle,
  readBundle,
  type TenantPolicy,
} from '@intendant/policy';
import { Subject } from 'rxjs';
import type { BundleStore, Head, StoredDocument } from '../storage/bundle-store.js';

export interface Published {
  readonly revision: number;
  readonly digest: string;
}

/**
 * The policies of all tenants in memory, as the store has them. Reads of the store and publications take turns, so memory
 * never follows an older look at the store than the last one.
 */
export class TenantPolicies {
  readonly #policies = new Map<string, TenantPolicy | BrokenPolicy>();
  readonly #changes = new Subject<void>();
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #turn: Promise<unknown> = Promise.resolve();

  /** Speaks after memory has changed. */
  readonly changes = this.#changes.asObservable();

  constructor(
    private readonly store: BundleStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  of(tenantId: string): TenantPolicy | BrokenPolicy | null {
    return this.#policies.get(tenantId) ?? null;
  }

  all(): Iterable<TenantPolicy | BrokenPolicy> {
    return this.#policies.values();
  }

  /** When the store was last read with success, before any reading: −∞. */
  get checkedAtMs(): number {
    return this.#checkedAtMs;
  }

  /** Brings memory up to what the store says now. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      const askedAtMs = this.clock.nowMs();
      const heads = await this.store.heads();
      const stale = heads.filter((head) => !isCurrent(this.#policies.get(head.tenantId), head));
      const documents = stale.length === 0 ? [] : await this.store.documents(stale);
      let hasChanged = this.#forgetAllBut(new Set(heads.map(({ tenantId }) => tenantId)));
      for (const stored of documents) hasChanged = (await this.#adopt(stored)) || hasChanged;
      this.#checkedAtMs = askedAtMs;
      if (hasChanged) this.#changes.next();
    });
  }

  /** Validates the bundle whole, stores it in one transaction and uses it from then on; or says why not. */
  async publish(tenantId: string, document: unknown, publishedBy: string): Promise<Published | Failure> {
    const read = readBundle(document);
    if (!read.ok) return invalidBundle(read.error);
    const policy = await this.#compile(read.value);
    if (policy === null) return invalidBundle([{ pointer: '', message: 'its rules cannot be evaluated' }]);
    return this.#inTurn(async () => {
      const refusal = await this.#store(tenantId, read.value, publishedBy);
      if (refusal !== null) return refusal;
      const { revision, digest } = policy;
      this.#policies.set(tenantId, policy);
      this.#changes.next();
      this.logger.info({ tenantId, revision, digest, publishedBy }, 'policy published');
      return { revision, digest };
    });
  }

  async #store(tenantId: string, read: ReadBundle, publishedBy: string): Promise<Failure | null> {
    try {
      return await this.store.publish(tenantId, read, publishedBy, new Date(this.clock.nowMs()));
    } catch (error) {
      this.logger.error({ err: error, tenantId }, 'policy could not be stored');
      return failure('policy_unavailable', 'the policy store could not be written', {
        remedy: 'Publish the same bundle again; doing so twice changes nothing.',
      });
    }
  }

  /** True when memory changed. A document that cannot be used denies its tenant, and is looked at again next time. */
  async #adopt(stored: StoredDocument): Promise<boolean> {
    const { tenantId, revision, digest } = stored;
    const before = this.#policies.get(tenantId);
    const policy = await this.#usable(stored);
    if (policy === null && before?.state === 'broken' && isSame(before, stored)) return false;
    if (policy === null)
      this.logger.error({ tenantId, revision, digest }, 'stored policy is unusable, tenant is denied');
    this.#policies.set(tenantId, policy ?? { state: 'broken', tenantId, revision, digest });
    return true;
  }

  async #usable({ tenantId, revision, digest, document }: StoredDocument): Promise<TenantPolicy | null> {
    const read = readBundle(document);
    if (!read.ok) return null;
    const { bundle } = read.value;
    const isWhatItSays = bundle.tenantId === tenantId && bundle.revision === revision && read.value.digest === digest;
    return isWhatItSays ? this.#compile(read.value) : null;
  }

  async #compile(read: ReadBundle): Promise<TenantPolicy | null> {
    try {
      return await compilePolicy(read);
    } catch (error) {
      this.logger.error({ err: error, tenantId: read.bundle.tenantId }, 'policy could not be compiled');
      return null;
    }
  }

  #forgetAllBut(tenantIds: ReadonlySet<string>): boolean {
    const gone = [...this.#policies.keys()].filter((tenantId) => !tenantIds.has(tenantId));
    for (const tenantId of gone) this.#policies.delete(tenantId);
    return gone.length > 0;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const isSame = (one: Omit<Head, 'tenantId'>, other: Omit<Head, 'tenantId'>): boolean =>
  one.revision === other.revision && one.digest === other.digest;

const isCurrent = (policy: TenantPolicy | BrokenPolicy | undefined, head: Head): boolean =>
  policy !== undefined && policy.state === 'ready' && isSame(policy, head);
