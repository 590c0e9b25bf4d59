/** A saga that turned round: down the steps as they went forward, and up again as they were undone. */

const DEEPER = '  ';
const times = (count) => (count === 1 ? '1 attempt' : `${count} attempts`);

/**
 * @param {import('@intendant/client').SagaReply} saga
 * @param {readonly import('@intendant/client').EventRecord[]} records
 */
export function tellUnwound(printer, saga, records) {
  const forward = saga.steps.filter(({ attempts }) => attempts > 0);
  const depths = new Map(forward.map(({ stepId }, depth) => [stepId, DEEPER.repeat(depth + 1)]));
  printer.entry('unwound', `${saga.intentType} ${printer.bad(saga.status)}`);
  for (const step of forward) printer.entry('', forwardLine(step, depths.get(step.stepId), printer));
  for (const { stepId, status } of saga.steps.filter(({ attempts }) => attempts === 0))
    printer.entry('', `${DEEPER.repeat(forward.length + 1)}${stepId}: ${status.replaceAll('_', ' ')}`);
  for (const stepId of undoneIn(records)) {
    const { compensation } = saga.steps.find((step) => step.stepId === stepId);
    const { intent, status, attempts } = compensation;
    printer.entry('', `${depths.get(stepId)}undo ${stepId} by ${intent}: ${printer.good(status)}, ${times(attempts)}`);
  }
}

function forwardLine({ stepId, status, attempts, error }, indent, printer) {
  const outcome = error === null ? printer.good(status) : printer.bad(`${status}, ${error.code}`);
  return `${indent}${stepId}: ${outcome}, ${times(attempts)}`;
}

/** Steps in the order in which they were undone. */
const undoneIn = (records) =>
  records.filter(({ type }) => type === 'compensation.succeeded').map(({ data }) => data.stepId);
