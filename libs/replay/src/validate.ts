import {
  type ExecutionState,
  evolveAll,
  IllegalRecord,
  isTerminal,
  noExecution,
  stateDigestOf,
} from '@intendant/execution';
import { digestOf } from '@intendant/kernel';
import { changesOf, type Entry, type LogRecord, recordProblem, verifyStream } from '@intendant/wal';
import { callsMatch, type Finding, sagaInvariants } from './saga-invariants.js';

/** One check of an execution's log; a failed one names the record. */
export interface ValidationCheck {
  readonly check: string;
  readonly passed: boolean;
  /** Seq of the record that fails it, when one can be named. */
  readonly seq: number | null;
  readonly finding: string | null;
}

export interface ValidationReport {
  readonly executionId: string;
  readonly valid: boolean;
  readonly checks: readonly ValidationCheck[];
  /** Digest of the folded state; null when the log does not fold. */
  readonly stateDigest: string | null;
}

type Check = (executionId: string, entries: readonly Entry[], records: readonly LogRecord[]) => Finding;

/** In this order; each is judged on its own, so that one failure does not hide another. */
const CHECKS: Readonly<Record<string, Check>> = {
  log_complete: logComplete,
  records_conform: recordsConform,
  order_legal: orderLegal,
  policy_allowed_first: policyAllowedFirst,
  capability_pinned: capabilityPinned,
  digests_match: digestsMatch,
  attribution_complete: attributionComplete,
  causes_form_a_tree: causesFormATree,
  one_outcome_per_attempt: oneOutcomePerAttempt,
  saga_invariants: (executionId, _entries, records) => sagaInvariants(executionId, records),
};

/**
 * Validates an execution from its log alone (SYM-Y6): nothing is read but what was recorded. `isLive`: whether the index
 * beside the log, a fold of the same entries, knows it as unsettled. It remembers an end that was taken out of the log.
 */
export function validateExecution(
  executionId: string,
  entries: readonly Entry[],
  isLive: boolean | null = null,
): ValidationReport {
  const records = entries.flatMap((entry) => entry.records);
  const checks = Object.entries(CHECKS).map(([check, run]): ValidationCheck => {
    const own = run(executionId, entries, records);
    const found = own === null && check === 'log_complete' ? endMissing(entries, isLive) : own;
    return { check, passed: found === null, seq: found?.seq ?? null, finding: found?.finding ?? null };
  });
  const state = foldOrNull(executionId, records);
  return {
    executionId,
    valid: checks.every((check) => check.passed),
    checks,
    stateDigest: state === null ? null : stateDigestOf(state),
  };
}

/** The report of a log that cannot even be read: the first check names the place, the others were not reached. */
export function unreadable(executionId: string, place: string, finding: string): ValidationReport {
  const seq = /seq (\d+)/.exec(place)?.[1];
  const checks = Object.keys(CHECKS).map(
    (check, index): ValidationCheck => ({
      check,
      passed: false,
      seq: index === 0 && seq !== undefined ? Number(seq) : null,
      finding: index === 0 ? `${place}: ${finding}` : 'not reached: the log cannot be read',
    }),
  );
  return { executionId, valid: false, checks, stateDigest: null };
}

function foldOrNull(executionId: string, records: readonly LogRecord[]): ExecutionState | null {
  try {
    return evolveAll(noExecution(executionId), records);
  } catch {
    return null;
  }
}

function logComplete(executionId: string, entries: readonly Entry[]): Finding {
  if (entries.length === 0) return { seq: null, finding: 'the log holds nothing of this execution' };
  const broken = verifyStream(executionId, entries);
  return broken === null ? null : { seq: broken.seq, finding: broken.finding };
}

/** Hashes link backwards only: a stream that lost its last entries is sound in itself. */
function endMissing(entries: readonly Entry[], isLive: boolean | null): Finding {
  const last = entries.flatMap(changesOf).findLast((change) => change.kind === 'live');
  if (isLive === null || last === undefined || last.live === isLive) return null;
  const [says, knows] = isLive ? ['settled', 'unsettled'] : ['unsettled', 'settled'];
  return {
    seq: entries.at(-1)?.records.at(-1)?.seq ?? null,
    finding: `the log ends here ${says}, the index beside it knows the execution as ${knows}: what came after this is missing`,
  };
}

function recordsConform(_executionId: string, _entries: readonly Entry[], records: readonly LogRecord[]): Finding {
  for (const record of records) {
    const finding = recordProblem(record);
    if (finding !== null) return { seq: record.seq, finding };
  }
  return null;
}

function orderLegal(executionId: string, _entries: readonly Entry[], records: readonly LogRecord[]): Finding {
  try {
    evolveAll(noExecution(executionId), records);
    return null;
  } catch (error) {
    if (error instanceof IllegalRecord) return { seq: error.seq, finding: error.message };
    throw error;
  }
}

const firstOf = <T extends LogRecord['type']>(records: readonly LogRecord[], type: T) =>
  records.find((record): record is Extract<LogRecord, { type: T }> => record.type === type);

function policyAllowedFirst(_executionId: string, _entries: readonly Entry[], records: readonly LogRecord[]): Finding {
  const decided = firstOf(records, 'policy.decided');
  if (decided === undefined) return { seq: null, finding: 'no policy decision was recorded' };
  if (decided.data.decision.effect === 'deny')
    return { seq: decided.seq, finding: `the decision is ${decided.data.decision.effect}` };
  const started = firstOf(records, 'execution.started');
  if (started !== undefined && started.seq < decided.seq)
    return { seq: started.seq, finding: 'started before the decision' };
  if (decided.data.decision.effect === 'require_approval') {
    const step = firstOf(records, 'step.started');
    const approved = records.find(({ type, data }) => type === 'signal.applied' && data.signalType === 'approve');
    if (step !== undefined && (approved === undefined || approved.seq > step.seq))
      return { seq: step.seq, finding: 'started before it was approved' };
  }
  const second = records.filter((record) => record.type === 'policy.decided')[1];
  return second === undefined ? null : { seq: second.seq, finding: 'decided more than once' };
}

function capabilityPinned(_executionId: string, _entries: readonly Entry[], records: readonly LogRecord[]): Finding {
  const resolved = firstOf(records, 'capability.resolved');
  if (resolved === undefined) return { seq: null, finding: 'no capability was recorded' };
  // a saga as code pins what undoes a step when it registers it
  const isDurable = firstOf(records, 'intent.accepted')?.data.durable === true;
  for (const record of records) {
    if (record.type !== 'step.started' && (record.type !== 'compensation.started' || isDurable)) continue;
    const { name, version } = record.data.capability;
    if (!resolved.data.capabilities.some((one) => one.name === name && one.version === version))
      return { seq: record.seq, finding: `${name}@${version} is not what was resolved` };
  }
  return null;
}

function digestsMatch(executionId: string, _entries: readonly Entry[], records: readonly LogRecord[]): Finding {
  const received = firstOf(records, 'intent.received');
  const inputDigest = received?.data.intent.payloadDigest;
  if (received !== undefined && digestOf(received.data.intent.payload) !== inputDigest)
    return { seq: received.seq, finding: 'the payload does not have its digest' };
  for (const record of records) {
    if (record.type === 'policy.decided' && record.data.decision.inputDigest !== inputDigest)
      return { seq: record.seq, finding: 'policy judged another input' };
    if (record.type === 'artifact.recorded' && digestOf(record.data.artifact) !== record.data.digest)
      return { seq: record.seq, finding: `artifact ${record.data.artifact.artifactId} does not have its digest` };
  }
  return callsMatch(executionId, records) ?? resultDigestMatches(executionId, records);
}

/** The result is spread over records; put together again it must have the digest that the last record states. */
function resultDigestMatches(executionId: string, records: readonly LogRecord[]): Finding {
  const completed = firstOf(records, 'execution.completed');
  const state = completed === undefined ? null : foldOrNull(executionId, records);
  if (completed === undefined || state === null) return null;
  const artifacts = state.artifacts.map((one) => one.artifact);
  const events = state.events.map(({ data, eventType }) => ({ data, eventType }));
  return digestOf({ artifacts, events, stateChanges: state.stateChanges }) === completed.data.resultDigest
    ? null
    : { seq: completed.seq, finding: 'the recorded result does not have its digest' };
}

const ATTRIBUTES = ['tenantId', 'sessionId', 'intentId', 'correlationId'] as const;

/** What a record is about, when that names a tenant of its own. */
function subjectOf(record: LogRecord): { readonly tenantId: string } | undefined {
  if (record.type === 'intent.received') return record.data.intent;
  return record.type === 'policy.decided' ? record.data.decision : undefined;
}

function attributionComplete(executionId: string, _entries: readonly Entry[], records: readonly LogRecord[]): Finding {
  const first = records[0];
  for (const record of records) {
    const { tenantId, sessionId, intentId, correlationId, actor, seq } = record;
    if (record.executionId !== executionId) return { seq, finding: 'belongs to another execution' };
    if (!tenantId || !sessionId || !intentId || !correlationId || !actor)
      return { seq, finding: 'attribution is incomplete' };
    if (ATTRIBUTES.some((name) => record[name] !== first?.[name]))
      return { seq, finding: 'attribution differs from the first record' };
    const about = subjectOf(record);
    if (about !== undefined && about.tenantId !== tenantId)
      return { seq, finding: `is about tenant ${about.tenantId}` };
  }
  return null;
}

function causesFormATree(_executionId: string, _entries: readonly Entry[], records: readonly LogRecord[]): Finding {
  for (const { seq, causationSeq, type } of records) {
    if (seq === 1 && type !== 'intent.received') return { seq, finding: 'the first record is not intent.received' };
    if (causationSeq === null ? seq !== 1 && type !== 'call.superseded' : causationSeq >= seq || causationSeq < 1)
      return { seq, finding: `cause ${causationSeq} is not an earlier record` };
  }
  return null;
}

function oneOutcomePerAttempt(
  _executionId: string,
  _entries: readonly Entry[],
  records: readonly LogRecord[],
): Finding {
  const outcomes = new Set<string>();
  let last: LogRecord | undefined;
  for (const record of records) {
    last = record;
    if (record.type !== 'step.succeeded' && record.type !== 'step.failed') continue;
    const attempt = `${record.data.stepId}/${record.data.attempt}`;
    if (outcomes.has(attempt)) return { seq: record.seq, finding: `attempt ${attempt} has two outcomes` };
    outcomes.add(attempt);
  }
  const state = last === undefined ? null : foldOrNull(last.executionId ?? '', records);
  if (state !== null && isTerminal(state.status) && Object.keys(state.timers).length > 0)
    return { seq: state.lastSeq, finding: 'settled with a timer still set' };
  return null;
}
