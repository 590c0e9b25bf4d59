/** What every result records about itself; the timeline of a saga counts it and shows what moves the saga. */
const DETAILS = new Set(['artifact.recorded', 'data.registered', 'event.emitted', 'state.changed']);

/**
 * @param {readonly import('@intendant/client').EventRecord[]} records
 * @param {{ after: number, text: string }} [mark] a line of its own below the record with this seq
 */
export function tellSagaTimeline(printer, records, mark) {
  const startedAt = Date.parse(records[0]?.occurredAt ?? '');
  let label = 'timeline';
  let untold = 0;
  const tell = (text) => {
    printer.entry(label, text);
    label = '';
  };
  for (const record of records) {
    if (DETAILS.has(record.type) && record.seq !== mark?.after) untold += 1;
    else tell(lineOf(record, printer.duration(Date.parse(record.occurredAt) - startedAt)));
    if (record.seq === mark?.after) tell(printer.bad(`--- ${mark.text} ---`));
  }
  tell(`and ${untold} records of what the steps made`);
}

const lineOf = ({ seq, type, actor, data }, since) =>
  `${String(seq).padStart(2)}  ${since.padStart(8)}  ${type.padEnd(23)}  ${actor.padEnd(18)}  ${aboutOf(type, data)}`;

/** The step, and what was wrong with it. */
function aboutOf(type, { stepId, timerId, error, count }) {
  const what = stepId ?? timerId ?? '';
  if (type === 'step.expanded') return `${what} into ${count}`;
  return typeof error?.code === 'string' ? `${what} ${error.code}`.trim() : what;
}
