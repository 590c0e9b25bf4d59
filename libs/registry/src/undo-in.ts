import { type RegisteredCapability, realmOf, type StepError } from '@intendant/intent-model';
import { err, ok, type Result } from '@intendant/kernel';
import { CROSS_REALM, type RegistryIndex } from './registry-index.js';

/** Who is called to undo an operation of a saga as code, and for how long at most. */
interface UndoAnswer {
  readonly capability: { readonly name: string; readonly version: string };
  readonly service: string;
  readonly timeoutMs: number;
}

/**
 * What undoes an operation of a saga as code that `service` serves. The decision about the saga lets that service act; it
 * lets nobody else, and the intent of an undo comes from running code, so nobody has decided about it. A service that is
 * down at the moment is known all the same: the undo waits for it.
 */
export function undoIn(index: RegistryIndex, intent: string, service: string): Result<UndoAnswer, StepError> {
  const found = index.resolve(intent);
  const capability = found.ok ? found.value.answering[0].capability : index.newest(intent);
  if (capability === undefined) return refused('capability_not_found', `no capability answers ${intent}`);
  const fault = faultOf(capability, intent, service);
  if (fault !== null) return fault;
  const { name, version, timeoutMs } = capability;
  return ok({ capability: { name, version }, service, timeoutMs });
}

function faultOf({ service: serving, plan, durable }: RegisteredCapability, intent: string, service: string) {
  if (realmOf(intent) === CROSS_REALM)
    return refused('contract_violation', `${intent} is answered by several services and undoes nothing`);
  if (serving !== service)
    return refused(
      'action_not_permitted',
      `${intent} is served by ${serving}; what a saga of ${service} does is undone by ${service}`,
    );
  if (plan !== null || durable)
    return refused('contract_violation', `${intent} is a saga itself; an undo is one call of its service`);
  return null;
}

const refused = (code: string, message: string): Result<never, StepError> =>
  err({ code, message, retryable: false, details: null });
