import { type CallOutcome, ParticipantResult, resultChars, resultSizeFault } from '@intendant/intent-model';
import { jsonFault } from './json-fault.js';

/**
 * The outcome for what a handler returned: success when it has the shape `{artifacts, events, stateChanges}`, else the
 * final failure `contract_violation` that names the first fault.
 */
export function outcomeOfResult(returned: unknown): CallOutcome {
  const fault = jsonFault(returned);
  if (fault !== null)
    return violation(`the result${fault.pointer === '' ? '' : ` at ${fault.pointer}`}: ${fault.message}`);
  const result = ParticipantResult.safeParse(returned);
  if (!result.success) {
    const issue = result.error.issues[0];
    const place = (issue?.path ?? []).map((part) => `/${String(part)}`).join('');
    return violation(`the result${place === '' ? '' : ` at ${place}`}: ${issue?.message ?? 'malformed'}`);
  }
  const sizeFault = resultSizeFault(resultChars(result.data));
  if (sizeFault !== null) return violation(sizeFault);
  return { status: 'succeeded', result: result.data };
}

const violation = (message: string): CallOutcome => ({
  status: 'failed',
  error: { code: 'contract_violation', message: message.slice(0, 2_000), retryable: false, details: null },
});
