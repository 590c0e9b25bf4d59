import { INLINE_CHARS_MAX } from '@intendant/execution';
import {
  type CallCancel,
  CallOutcome,
  detailsInBounds,
  type Failure,
  FailureError,
  failure,
  type LiveInstance,
  type ParticipantCall,
  ProbeAnswer,
  RpcPattern,
  resultChars,
  resultSizeFault,
  type StepError,
} from '@intendant/intent-model';
import { inOrder, type Tracer, Turnstile } from '@intendant/kernel';
import { type Logger, RpcUnavailable } from '@intendant/nest-kit';
import { type Delivery, type DeliveryOutcome, type Dispatcher, patienceMsOf } from '@intendant/partition';
import type { LargePayloads } from '../content/large-payloads.js';
import { contentsNamedBy, type KeptContent, keptOtherwise } from '../content/named-content.js';
import { logFailure } from '../http/log-failure.js';
import type { ReferenceBook } from '../intake/references.js';
import { traceparentOf } from '../intake/trace-context.js';
import type { RegistryView } from '../registry/registry-view.js';
import { allowedReferencesOf } from './allowed-references.js';
import { type CallGrants, readableDigests } from './call-grants.js';
import { NotDelivered, type ParticipantConnection } from './participant-connection.js';
import type { ParticipantConnections } from './participant-connections.js';
import { Stops } from './stops.js';
import { WrittenContent } from './written-content.js';

export interface DispatcherPorts {
  readonly registry: RegistryView;
  readonly connections: ParticipantConnections;
  readonly references: ReferenceBook;
  readonly grants: CallGrants;
  readonly payloads: LargePayloads;
  readonly content: KeptContent;
  readonly dataPlaneUrl: () => string;
  readonly logger: Logger;
  /** Calls that one instance has in hand at a time; the others wait for their turn. */
  readonly callsPerInstanceMax: number;
  /** Null when nobody traces. */
  readonly tracer: Tracer | null;
  /** A reply that came after its call had been given up. */
  readonly onLate: (delivery: Delivery, outcome: string) => void;
}

/** How long a probe may take; it only looks something up. */
const PROBE_MS_MAX = 2_000;
/** How soon an instance that could not be reached is tried again; a change of the registry wakes earlier. */
const REACH_AGAIN_MS = 250;
/** What a participant answers for a handler that was stopped amid its work, which may be done, half done or not begun. */
const CUT_OFF: ReadonlySet<string> = new Set(['step_timeout', 'cancelled', 'shutting_down']);
/** How much longer than the participant's own deadline the Runtime waits for the answer to travel. */
const TRAVEL_MS = 250;

/** Digests of the content that a call was given, and of what it can read: that, and what it wrote. */
interface Reach {
  readonly given: ReadonlySet<string>;
  readonly readable: ReadonlySet<string>;
}

/** An outcome, or why nothing has been delivered. */
type Delivered = DeliveryOutcome | string;

/** Calls participants under the key of the step, and turns everything that can go wrong into an outcome. */
export class ParticipantDispatcher implements Dispatcher {
  readonly #stops = new Stops();
  readonly #written = new WrittenContent();
  readonly #turnstiles = new WeakMap<ParticipantConnection, Turnstile>();
  #waiting = 0;

  constructor(private readonly ports: DispatcherPorts) {}

  /** Calls that wait until their participant has fewer in hand. */
  get waitingCount(): number {
    return this.#waiting;
  }

  cancel(delivery: Delivery, reason: string): void {
    this.#stops.stop(delivery.callToken, delivery.call.idempotencyKey, reason);
  }

  /**
   * One delivery. As long as nobody can be reached nothing has been delivered, and the attempt waits for a participant up
   * to the time it may take: a service that is being restarted costs no attempt.
   */
  deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    const { callToken, call } = delivery;
    return this.#stops.during(callToken, call.idempotencyKey, () => this.#deliver(delivery));
  }

  async #deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    const { capability } = delivery.call;
    const fault = this.#inputFault(delivery);
    if (fault !== null)
      return failed('contract_violation', `the input of the step breaks its contract at ${fault}`, false);
    const stop = this.#stops.of(delivery.callToken, delivery.call.idempotencyKey);
    const untilMs = performance.now() + patienceMsOf(delivery);
    let last = `nobody serves ${capability.name}@${capability.version}`;
    for (;;) {
      for (const instance of this.ports.connections.inTurn(this.ports.registry.index.instancesOf(capability))) {
        const connection = this.ports.connections.to(instance);
        const reached = connection.connected ? null : await this.#reach(instance);
        if (stop.because !== null) return unknown('cancelled', stop.because);
        const outcome =
          reached ?? (await this.#inTurn(connection, delivery, () => this.#deliverTo(delivery, instance)));
        if (typeof outcome !== 'string') return outcome;
        last = outcome;
      }
      const leftMs = untilMs - performance.now();
      if (stop.because !== null) return unknown('cancelled', stop.because);
      if (leftMs <= 0) return failed('participant_unreachable', last);
      await this.ports.registry.changed(Math.min(leftMs, REACH_AGAIN_MS));
    }
  }

  /** Null once the connection stands, else why it does not. */
  async #reach(instance: LiveInstance): Promise<string | null> {
    try {
      await this.ports.connections.to(instance).connect();
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /**
   * More at once than a participant can do in time would only make all of them late, and then made again. The time of an
   * attempt begins when its turn has come. Tenants take turns: nobody waits for all that another one has waiting.
   */
  async #inTurn(
    connection: ParticipantConnection,
    { call }: Delivery,
    deliver: () => Promise<Delivered>,
  ): Promise<Delivered> {
    let turnstile = this.#turnstiles.get(connection);
    if (turnstile === undefined) {
      turnstile = new Turnstile(Math.min(this.ports.callsPerInstanceMax, connection.callsMax ?? Infinity));
      this.#turnstiles.set(connection, turnstile);
    }
    this.#waiting += 1;
    return turnstile.run(() => {
      this.#waiting -= 1;
      return deliver();
    }, call.intent.tenantId);
  }

  /** In a span below the intake's, however long ago that was, when somebody traces. */
  #deliverTo(delivery: Delivery, instance: LiveInstance): Promise<Delivered> {
    const { tracer } = this.ports;
    const parent = traceparentOf(delivery.state.intent?.metadata['traceparent']);
    if (tracer === null) return this.#deliverUnder(parent, delivery, instance);
    return tracer.trace('participant.call', { parent, kind: 'client' }, async (span) => {
      span.set('intendant.service', instance.service);
      span.set('intendant.step_id', delivery.call.stepId);
      span.set('intendant.attempt', delivery.call.attempt);
      const outcome = await this.#deliverUnder(span.traceparent, delivery, instance);
      if (typeof outcome === 'string') span.fail('participant_unreachable');
      else if ('error' in outcome) span.fail(outcome.error.code);
      return outcome;
    });
  }

  async #deliverUnder(traceparent: string | null, delivery: Delivery, instance: LiveInstance): Promise<Delivered> {
    const prepared = await this.#prepare(delivery, instance, traceparent).catch((error: Error) =>
      notMade(delivery, error),
    );
    if ('kind' in prepared) return prepared;
    const { call, reach, revoke } = prepared;
    try {
      const isRepeated = delivery.deliveryAttempt > 1 && delivery.call.unknownOutcome === 'probe';
      const settled = isRepeated ? await this.#probe(delivery, instance) : null;
      return await this.#recordable(delivery, reach, settled ?? (await this.#exchange(delivery, call, instance)));
    } finally {
      revoke();
    }
  }

  /** Content that cannot be stored now may be storable when the step is tried again; its participant keeps the outcome. */
  async #recordable(delivery: Delivery, reach: Reach, outcome: Delivered): Promise<Delivered> {
    const { state, call } = delivery;
    const isFirst = delivery.deliveryAttempt === 1;
    const now = [...reach.readable].filter((sha256) => !reach.given.has(sha256));
    const written = this.#written.add(call.idempotencyKey, isFirst, now);
    if (typeof outcome === 'string' || outcome.kind !== 'succeeded') return outcome;
    const chars = resultChars(outcome.result);
    const sizeFault = resultSizeFault(chars);
    if (sizeFault !== null) return failed('contract_violation', sizeFault, false);
    const { tenantId, userId } = call.intent;
    const contents = contentsNamedBy(outcome.result);
    // what was written before this process began is not known here
    const isWritten = (sha256: string): boolean => written?.has(sha256) ?? !reach.given.has(sha256);
    // what an artifact names becomes its user's; what was granted is for reading, and a parent of what is made of it
    const taken = contents.find(
      ({ ref, sha256 }) => !isWritten(sha256) && this.ports.references.isAnothers(tenantId, userId, ref),
    );
    if (taken !== undefined)
      return failed('contract_violation', `the result names content of somebody else as its own: ${taken.ref}`, false);
    try {
      const unkept = await keptOtherwise(tenantId, contents, this.ports.content);
      if (unkept !== null) return failed('contract_violation', unkept, false);
      // no part of it can be too large for the log then
      if (chars <= INLINE_CHARS_MAX) return outcome;
      return { ...outcome, result: await this.ports.payloads.moveOut(state, call.stepId, outcome.result) };
    } catch (error) {
      const { code, detail } = failureOf(error as Error);
      return unknown(code, detail);
    }
  }

  async #prepare(
    delivery: Delivery,
    instance: LiveInstance,
    traceparent: string | null,
  ): Promise<{ call: ParticipantCall; reach: Reach; revoke: () => void }> {
    const { state, call: terms } = delivery;
    const { intent } = terms;
    const obligations = state.decision?.obligations;
    const allowed = allowedReferencesOf(this.ports.registry, state, terms);
    const references =
      allowed.length === 0 ? [] : await this.ports.references.resolve(intent.tenantId, intent.userId, allowed);
    const given = readableDigests(references);
    const reach = { given, readable: new Set(given) };
    const undoes = await this.#undoes(delivery);
    const bearer = this.ports.grants.issue({
      tenantId: intent.tenantId,
      service: instance.service,
      executionId: state.executionId,
      stepId: terms.stepId,
      sessionId: intent.sessionId,
      readable: reach.readable,
    });
    const call: ParticipantCall = {
      callToken: delivery.callToken,
      idempotencyKey: terms.idempotencyKey,
      executionId: state.executionId,
      stepId: terms.stepId,
      direction: terms.direction,
      undoes,
      logicalAttempt: delivery.logicalAttempt,
      deliveryAttempt: delivery.deliveryAttempt,
      timeoutMs: terms.timeoutMs,
      capability: terms.capability,
      intent,
      references,
      boundaryContractId: obligations?.boundaryContract?.contract.contractId ?? null,
      dataPlane: { url: this.ports.dataPlaneUrl(), grant: bearer },
      traceparent,
      journal: delivery.journal,
    };
    return { call, reach, revoke: () => this.ports.grants.revoke(bearer) };
  }

  async #undoes({ call: { undoes, intent } }: Delivery): Promise<ParticipantCall['undoes']> {
    if (undoes?.result == null) return undoes;
    return { ...undoes, result: await this.ports.payloads.putAllBack(intent.tenantId, undoes.result) };
  }

  #exchange(delivery: Delivery, call: ParticipantCall, instance: LiveInstance): Promise<Delivered> {
    const client = this.ports.connections.to(instance);
    const stop = this.#stops.of(call.callToken, call.idempotencyKey);
    if (stop.because !== null) return Promise.resolve(unknown('cancelled', stop.because));
    return new Promise((resolve) => {
      let givenUp = false;
      const giveUp = (reason: string, outcome: DeliveryOutcome): void => {
        if (givenUp) return;
        givenUp = true;
        clearTimeout(timer);
        const cancel: CallCancel = {
          idempotencyKey: call.idempotencyKey,
          callToken: call.callToken,
          reason: reason.slice(0, 256),
        };
        client.emit(RpcPattern.cancel, cancel);
        resolve(outcome);
      };
      const timer = setTimeout(
        () => giveUp('deadline', unknown('step_timeout', `${instance.service} did not answer in ${call.timeoutMs} ms`)),
        call.timeoutMs + TRAVEL_MS,
      );
      stop.act = (because) => giveUp(because, unknown('cancelled', because));
      const settle = (outcome: DeliveryOutcome): void => {
        clearTimeout(timer);
        if (givenUp) this.ports.onLate(delivery, outcome.kind);
        else resolve(outcome);
      };
      client.request<unknown>(RpcPattern.call, call).then(
        (reply) => settle(this.#judge(delivery, reply)),
        (error: unknown) => {
          if (givenUp) return;
          if (!(error instanceof NotDelivered)) return settle(lost(error, instance.service));
          clearTimeout(timer);
          resolve(error.message);
        },
      );
    });
  }

  /** A lost outcome of an earlier call, if the participant still holds it under the key. */
  async #probe(delivery: Delivery, instance: LiveInstance): Promise<DeliveryOutcome | null> {
    try {
      const question = { idempotencyKey: delivery.call.idempotencyKey };
      const reply = await this.ports.connections.to(instance).call<unknown>(RpcPattern.probe, question, PROBE_MS_MAX);
      const answer = ProbeAnswer.safeParse(reply);
      return answer.success && answer.data.status === 'settled' ? this.#judge(delivery, answer.data.outcome) : null;
    } catch (error) {
      this.ports.logger.debug({ service: instance.service, error: String(error) }, 'probe failed');
      return null;
    }
  }

  #judge(delivery: Delivery, reply: unknown): DeliveryOutcome {
    const parsed = CallOutcome.safeParse(reply);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return failed(
        'contract_violation',
        `the reply breaks the protocol at /${issue?.path.join('/')}: ${issue?.message}`,
        false,
      );
    }
    const outcome = parsed.data;
    if (outcome.status === 'suspended') {
      const { seen, commands } = outcome;
      if (delivery.journal !== null) return { kind: 'suspended', seen, commands };
      return failed('contract_violation', 'the capability is not durable and cannot suspend', false);
    }
    if (outcome.status === 'failed')
      return {
        kind: CUT_OFF.has(outcome.error.code) ? 'unknown' : 'failed',
        error: { ...outcome.error, details: detailsInBounds(outcome.error.details) },
        ...(outcome.commands === undefined ? {} : { commands: outcome.commands }),
      };
    if (outcome.status === 'attempt_superseded')
      return unknown('step_timeout', 'the participant saw a later call for this step');
    const fault = this.#outputFault(delivery, outcome.result);
    if (fault !== null) return failed('contract_violation', `the result breaks the output contract at ${fault}`, false);
    const { commands } = outcome;
    return { kind: 'succeeded', result: inOrder(outcome.result), ...(commands === undefined ? {} : { commands }) };
  }

  /** The door has checked the payload of the intent itself; what a plan made of it is checked here. */
  #inputFault({ state, call }: Delivery): string | null {
    if (call.intent === state.intent) return null;
    const digest = digestIn(state, call.capability.name);
    const { validators } = this.ports.registry;
    if (!validators.has(digest)) return null;
    const fault = validators.validateInput(digest, call.intent.payload);
    return fault === null ? null : `${fault.pointer || '/'}: ${fault.message}`;
  }

  #outputFault(delivery: Delivery, result: unknown): string | null {
    const { capability } = delivery.call;
    const digest = digestIn(delivery.state, capability.name);
    const { validators } = this.ports.registry;
    if (!validators.has(digest)) return null;
    const fault = validators.validateOutput(digest, result);
    return fault === null ? null : `${fault.pointer || '/'}: ${fault.message}`;
  }
}

const digestIn = (state: Delivery['state'], name: string): string =>
  state.capabilities.find((one) => one.name === name)?.digest ?? '';

const stepError = (code: string, message: string, retryable: boolean): StepError => ({
  code,
  message: message.slice(0, 2_000),
  retryable,
  details: null,
});

const failed = (code: string, message: string, retryable = true): DeliveryOutcome => ({
  kind: 'failed',
  error: stepError(code, message, retryable),
});

const unknown = (code: string, message: string): DeliveryOutcome => ({
  kind: 'unknown',
  error: stepError(code, message, true),
});

const failureOf = (error: Error): Failure =>
  error instanceof FailureError ? error.failure : (logFailure(error) ?? failure('internal_error', error.message));

/** What a call is made of could not be had: nothing was sent, and nobody knows of deliveries before. */
function notMade({ deliveryAttempt }: Delivery, error: Error): DeliveryOutcome {
  const { code, detail } = failureOf(error);
  return (deliveryAttempt > 1 ? unknown : failed)(code, `the call could not be made: ${detail}`);
}

/** The connection ended under a call that had been sent: nobody knows. An answer that is an error is an answer. */
function lost(error: unknown, service: string): DeliveryOutcome {
  if (error instanceof RpcUnavailable) return unknown('participant_unreachable', error.message);
  const detail =
    (error as { detail?: string; message?: string } | null)?.detail ?? (error as { message?: string } | null)?.message;
  return failed('handler_failed', `${service}: ${detail ?? 'the call was refused'}`);
}
