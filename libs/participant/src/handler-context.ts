import type { Readable } from 'node:stream';
import type { ContentDescriptor, Intent, JournalCommand, ParticipantCall } from '@intendant/intent-model';
import type { LazyAbort } from './call-abort.js';
import { deepFreeze } from './deep-freeze.js';
import type { ReportAnswer } from './durable/journal-port.js';
import type { HandlerContext, HandlerLog } from './participant.js';
import { AllowedReferences } from './reference-reads.js';

/** Where a handler reaches content and state, and with what grant: those of the newest call it works for. */
export interface DataPlaneAccess {
  current: ParticipantCall['dataPlane'];
  callToken: ParticipantCall['callToken'];
}

/** Port: the bytes and the state that one call may reach. Failures are thrown as StepFailure. */
export interface DataPlane {
  read(ref: string): Promise<Readable>;
  write(bytes: Readable | Uint8Array | string): Promise<ContentDescriptor>;
  state(scope: 'session' | 'execution', key: string): Promise<unknown>;
  /** Records what the handler of a saga as code did, under the newest call's token. */
  report(commands: readonly JournalCommand[]): Promise<ReportAnswer>;
}

export interface HandlerInput {
  readonly intent: Intent;
  readonly context: HandlerContext;
}

/** What a handler is given for one call: frozen all the way down, so that no handler can change what another sees. */
export function handlerInputOf(
  call: ParticipantCall,
  given: { abort: LazyAbort; deadlineAtMs: number; log: HandlerLog; dataPlane: DataPlane },
): HandlerInput {
  const { dataPlane, abort, deadlineAtMs, log } = given;
  const references = new AllowedReferences(deepFreeze(call.references));
  const context: HandlerContext = {
    executionId: call.executionId,
    stepId: call.stepId,
    idempotencyKey: call.idempotencyKey,
    direction: call.direction,
    undoes: deepFreeze(call.undoes),
    tenantId: call.intent.tenantId,
    userId: call.intent.userId,
    roles: Object.freeze([...call.intent.roles]),
    correlationId: call.intent.correlationId,
    logicalAttempt: call.logicalAttempt,
    deliveryAttempt: call.deliveryAttempt,
    boundaryContractId: call.boundaryContractId,
    deadlineAtMs,
    get signal() {
      return abort.signal;
    },
    log: Object.freeze(log),
    references: Object.freeze(references),
    content: Object.freeze({
      read: async (ref: string) => {
        references.requireReadable(ref);
        return dataPlane.read(ref);
      },
      write: (bytes: Readable | Uint8Array | string) => dataPlane.write(bytes),
    }),
    state: Object.freeze({ get: (scope: 'session' | 'execution', key: string) => dataPlane.state(scope, key) }),
  };
  return { intent: deepFreeze(call.intent), context: Object.freeze(context) };
}

/** A data plane that is made when the handler first reaches for it. */
export function onFirstUse(make: () => DataPlane): DataPlane {
  let made: DataPlane | undefined;
  const dataPlane = (): DataPlane => {
    made ??= make();
    return made;
  };
  return {
    read: (ref) => dataPlane().read(ref),
    write: (bytes) => dataPlane().write(bytes),
    state: (scope, key) => dataPlane().state(scope, key),
    report: (commands) => dataPlane().report(commands),
  };
}
