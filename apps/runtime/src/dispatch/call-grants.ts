import type { ResolvedReference } from '@intendant/intent-model';
import type { Random } from '@intendant/kernel';

/** What one call may do on the data plane, for as long as it runs. */
export interface CallGrant {
  readonly tenantId: string;
  readonly service: string;
  readonly executionId: string;
  readonly stepId: string;
  readonly sessionId: string;
  /** SHA-256 of every content the decision lets this call read. */
  readonly readable: Set<string>;
  /** Of a replay: nothing may be written, reported or asked of what is live. */
  readonly readOnly?: boolean;
}

/** Bearers of running calls. A bearer means nothing before its call and nothing after it. */
export class CallGrants {
  readonly #grants = new Map<string, CallGrant>();

  constructor(private readonly random: Random) {}

  issue(grant: CallGrant): string {
    const bearer = Buffer.from(this.random.bytes(24)).toString('base64url');
    this.#grants.set(bearer, grant);
    return bearer;
  }

  find(bearer: string): CallGrant | undefined {
    return this.#grants.get(bearer);
  }

  revoke(bearer: string): void {
    this.#grants.delete(bearer);
  }
}

/** Digests of everything behind the references: their content and every rendering of their artifacts. */
export function readableDigests(references: readonly ResolvedReference[]): Set<string> {
  const digests = new Set<string>();
  for (const { content, artifact } of references) {
    if (content !== null) digests.add(content.sha256);
    for (const rendering of artifact?.renderings ?? []) digests.add(rendering.content.sha256);
  }
  return digests;
}
