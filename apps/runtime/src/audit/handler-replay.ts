import { type LiveInstance, type RegisteredCapability, ReplayAnswer, RpcPattern } from '@intendant/intent-model';
import { type FullReplay, type Rerun, type RunAgain, replayCallOf, replayFully } from '@intendant/replay';
import type { Entry } from '@intendant/wal';
import type { LargePayloads } from '../content/large-payloads.js';
import { allowedReferencesOf } from '../dispatch/allowed-references.js';
import { type CallGrants, readableDigests } from '../dispatch/call-grants.js';
import type { ParticipantConnections } from '../dispatch/participant-connections.js';
import type { ReferenceBook } from '../intake/references.js';
import type { RegistryView } from '../registry/registry-view.js';

export interface HandlerReplayPorts {
  readonly registry: RegistryView;
  readonly connections: ParticipantConnections;
  readonly references: ReferenceBook;
  readonly grants: CallGrants;
  readonly payloads: LargePayloads;
  readonly dataPlaneUrl: () => string;
}

/** How much longer than the handler the Runtime waits for its answer to travel. */
const TRAVEL_MS = 250;

const notRerun = (detail: string) => ({ status: 'not_rerun' as const, detail });

/**
 * Runs the handlers of an execution again, in live participants that serve the recorded versions, each under a grant that
 * reads what the recorded decision allowed and nothing else.
 */
export class HandlerReplay {
  constructor(private readonly ports: HandlerReplayPorts) {}

  run(executionId: string, entries: readonly Entry[]): Promise<FullReplay> {
    const again: RunAgain = (rerun) => this.#again(rerun);
    const records = entries.flatMap((entry) => entry.records);
    return replayFully(executionId, records, again);
  }

  async #again(rerun: Rerun): ReturnType<RunAgain> {
    const { index } = this.ports.registry;
    const { name, version } = rerun.terms.capability;
    const capability = index.capability(name, version);
    const obstacle = obstacleTo(rerun, capability);
    if (obstacle !== null) return notRerun(obstacle);
    const [instance] = this.ports.connections.inTurn(index.instancesOf(rerun.terms.capability));
    if (instance === undefined) return notRerun(`not_served: no instance serves ${name}@${version} now`);
    return this.#ask(rerun, instance);
  }

  async #ask(rerun: Rerun, instance: LiveInstance): ReturnType<RunAgain> {
    const { registry, references, grants, dataPlaneUrl, connections } = this.ports;
    const { tenantId, userId, sessionId } = rerun.terms.intent;
    const allowed = allowedReferencesOf(registry, rerun.before, rerun.terms);
    const known = await references.resolve(tenantId, userId, allowed);
    const { executionId } = rerun.before;
    const { stepId, timeoutMs } = rerun.terms;
    const readable = readableDigests(known);
    const grant = grants.issue({
      tenantId,
      service: instance.service,
      executionId,
      stepId,
      sessionId,
      readable,
      readOnly: true,
    });
    try {
      const message = replayCallOf(await this.#whole(rerun), {
        references: known,
        dataPlane: { url: dataPlaneUrl(), grant },
      });
      const reply = await connections.to(instance).call<unknown>(RpcPattern.replay, message, timeoutMs + TRAVEL_MS);
      const answer = ReplayAnswer.safeParse(reply);
      return answer.success ? answer.data : notRerun(`${instance.service} gave no answer that is one`);
    } catch (error) {
      return notRerun(`${instance.service} did not answer: ${(error as Error).message}`.slice(0, 400));
    } finally {
      grants.revoke(grant);
    }
  }

  /** With the payloads that an undo was given. */
  async #whole(rerun: Rerun): Promise<Rerun> {
    const { intent, undoes } = rerun.terms;
    if (undoes?.result == null) return rerun;
    const result = await this.ports.payloads.putAllBack(intent.tenantId, undoes.result);
    return { ...rerun, terms: { ...rerun.terms, undoes: { ...undoes, result } } };
  }
}

/** Why a handler is not even asked. */
function obstacleTo({ terms, before }: Rerun, capability: RegisteredCapability | undefined): string | null {
  const shown = `${terms.capability.name}@${terms.capability.version}`;
  if (capability === undefined) return `not_served: ${shown} is not registered any more`;
  const recorded = before.capabilities.find(
    (one) => one.name === capability.name && one.version === capability.version,
  );
  if (recorded !== undefined && recorded.digest !== capability.digest)
    return `not_served: ${shown} is not the capability that was recorded`;
  return capability.determinism === 'non_deterministic'
    ? `non_deterministic: ${shown} says that it never repeats itself`
    : null;
}
