/** How decisions, timelines and results are told. */

/** @param {import('@intendant/intent-model').PolicyDecision} decision */
export function tellDecision(printer, decision) {
  const { effect, policyRevision, code, reason, steps } = decision;
  const verdict = effect === 'allow' ? printer.good(effect) : printer.bad(`${effect} ${code}`);
  printer.entry('decision', `${verdict} under policy revision ${printer.golden ? 'n' : policyRevision}`);
  for (const role of new Set(steps.map((step) => step.role))) {
    const asked = steps.filter((step) => step.role === role && ['passed', 'denied'].includes(step.outcome));
    if (asked.length > 0)
      printer.entry('', `${role.padEnd(16)} ${asked.map((step) => briefCheck(step, printer)).join(', ')}`);
  }
  if (reason !== null) printer.entry('reason', reason);
}

function briefCheck({ check, outcome, ruleIds }, printer) {
  const rules = ruleIds.length === 0 ? '' : ` (${ruleIds.join(', ')})`;
  return outcome === 'denied' ? printer.bad(`${check} denied${rules}`) : `${check}${rules}`;
}

/** @param {readonly import('@intendant/client').EventRecord[]} records */
export function tellTimeline(printer, records) {
  const startedAt = Date.parse(records[0]?.occurredAt ?? '');
  records.forEach(({ seq, type, actor, occurredAt, data }, index) => {
    const since = printer.duration(Date.parse(occurredAt) - startedAt);
    const text = `${String(seq).padStart(2)}  ${since.padStart(8)}  ${type.padEnd(20)}  ${actor.padEnd(18)}  ${aboutOf(data)}`;
    printer.entry(index === 0 ? 'timeline' : '', text);
  });
}

/** What a record is about, where it names something. */
const aboutOf = ({ artifact, reference, eventType, key, capability }) =>
  artifact?.artifactId ??
  reference ??
  eventType ??
  key ??
  (capability && `${capability.name} ${capability.version}`) ??
  '';

/** @param {import('@intendant/client').ResultReply} reply */
export function tellResult(printer, { status, result, error }) {
  if (error !== null) printer.entry('error', printer.bad(`${error.code}: ${error.message}`));
  if (result === null) return printer.entry('result', printer.bad(status));
  for (const { artifactId, resultType, parents, semanticPayload } of result.artifacts) {
    const from = parents.length === 0 ? '' : ` from ${parents.join(', ')}`;
    printer.entry('result', `${printer.good(artifactId)} (${resultType})${from}`);
    for (const [name, value] of Object.entries(semanticPayload)) printer.entry('', `${name}: ${briefly(value)}`);
  }
  for (const { eventType } of result.events) printer.entry('event', eventType);
  for (const { scope, key } of result.stateChanges) printer.entry('state', `${scope} ${key}`);
}

/** @param {import('@intendant/client').ProblemError} problem */
export function tellProblem(printer, { status, code, detail, field, remedy }) {
  printer.entry('refused', printer.bad(`${status} ${code}`));
  printer.entry('detail', detail);
  if (field !== undefined) printer.entry('field', field);
  if (remedy !== undefined) printer.entry('remedy', remedy);
  printer.entry('page', `docs/errors/${code}.md`);
}

/** A value in a few words: texts and numbers as they are, lists by their names or their length. */
export function briefly(value) {
  if (Array.isArray(value)) return briefList(value);
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toFixed(4)));
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : JSON.stringify(value);
  const parts = Object.entries(value).map(([name, part]) => `${name} ${briefly(part)}`);
  return parts.join(', ');
}

function briefList(values) {
  const names = values.map((value) =>
    typeof value === 'object' && value !== null ? (value.name ?? value.text) : value,
  );
  const told = names.every((name) => typeof name === 'string' || typeof name === 'number');
  return told && values.length > 0 ? `${names.join('; ')}` : `${values.length} of them`;
}
