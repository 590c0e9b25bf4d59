import type { EventRecord } from '@intendant/client';
import { isRecordType, type RecordData, type RecordType } from '@intendant/wal';
import { rowLine } from '../table.js';
import type { Palette } from '../terminal.js';

const HEADER = ['SEQ', '+MS', 'TYPE', 'ACTOR', 'CAUSE', 'ABOUT'];
const WIDTHS = [4, 7, 21, 20, 5, 0];

/** Records as lines of fixed columns, so that the line of a record can be printed when it comes. */
export class Timeline {
  #startedAtMs: number | undefined;

  constructor(private readonly palette: Palette) {}

  header(): string {
    return rowLine(HEADER, WIDTHS, this.palette.dim);
  }

  line(record: EventRecord): string {
    const atMs = Date.parse(record.occurredAt);
    this.#startedAtMs ??= atMs;
    const { seq, type, actor, causationSeq } = record;
    const cells = [
      String(seq),
      `+${atMs - this.#startedAtMs}`,
      [type, this.#paintOf(type)] as const,
      actor,
      causationSeq === null ? '-' : String(causationSeq),
      aboutOf(record),
    ];
    return rowLine(cells, WIDTHS);
  }

  #paintOf(type: string): (text: string) => string {
    if (/\.(failed|stuck|rejected|cancelled|compensating)$/.test(type)) return this.palette.red;
    if (/\.(completed|succeeded)$/.test(type)) return this.palette.green;
    return (text) => text;
  }
}

/** What tells one record of its type from another, in a few words. */
const ABOUT: { readonly [T in RecordType]?: (data: RecordData<T>) => string } = {
  'intent.received': ({ intent }) => intent.intentType,
  'policy.decided': ({ decision }) => `${decision.effect} by revision ${decision.policyRevision}`,
  'capability.resolved': ({ capabilities }) => capabilities.map(({ name, version }) => `${name} ${version}`).join(', '),
  'intent.accepted': ({ timeoutMs }) => `up to ${timeoutMs} ms an attempt`,
  'step.started': ({ stepId, attempt }) => `${stepId}, attempt ${attempt}`,
  'step.succeeded': ({ stepId }) => stepId,
  'step.failed': ({ stepId, error, outcome, finalBecause }) =>
    `${stepId}: ${error.code}: ${error.message} (${[outcome, finalBecause].filter((one) => one !== undefined).join(', ')})`,
  'step.retry_scheduled': ({ stepId, waitMs }) => `${stepId} in ${waitMs} ms`,
  'timer.set': ({ timerId, dueAt }) => `${timerId} due ${dueAt}`,
  'timer.fired': ({ timerId }) => timerId,
  'artifact.recorded': ({ artifact, disposition }) => `${artifact.artifactId} (${disposition})`,
  'state.changed': ({ scope, key }) => `${scope} ${key}`,
  'event.emitted': ({ eventType }) => eventType,
  'data.registered': ({ reference, resourceClass }) => `${resourceClass} ${reference}`,
  'contract.proposed': ({ contract }) => contract.contractId,
  'contract.activated': ({ contract }) => contract.contractId,
  'execution.failed': ({ error }) => `${error.code}: ${error.message}`,
  'step.expanded': ({ stepId, count }) => `${stepId}: ${count} copies`,
  'step.skipped': ({ stepId, reason }) => `${stepId}: ${reason}`,
  'step.resolved': ({ stepId, outcome }) => `${stepId}: ${outcome}`,
  'compensation.registered': ({ stepId, intent }) => `${stepId} by ${intent}`,
  'compensation.started': ({ stepId, attempt, capability }) => `${stepId} by ${capability.name}, attempt ${attempt}`,
  'compensation.succeeded': ({ stepId }) => stepId,
  'compensation.failed': ({ stepId, error, outcome }) => `${stepId}: ${error.code}: ${error.message} (${outcome})`,
  'compensation.retry_scheduled': ({ stepId, waitMs }) => `${stepId} in ${waitMs} ms`,
  'compensation.skipped': ({ stepId, reason }) => `${stepId}: ${reason}`,
  'fact.recorded': ({ kind, key }) => `${kind} ${key}`,
  'signal.awaited': ({ name, dueAt }) => (dueAt === null ? name : `${name} until ${dueAt}`),
  'signal.decided': ({ signalType, role, effect }) => `${signalType}: ${effect} for ${role}`,
  'signal.applied': ({ signalType, signalId }) => `${signalType} ${signalId}`,
  'child.started': ({ childId, intentType }) => `${childId} ${intentType}`,
  'child.settled': ({ childId, status }) => `${childId} ${status}`,
  'alert.raised': ({ level, note }) => `${level}${note === null ? '' : `: ${note}`}`,
  'execution.paused': ({ reason }) => reason,
  'execution.resumed': ({ from, reason }) => `from ${from}: ${reason}`,
  'execution.compensating': ({ stepId, error }) => `${stepId ?? 'on request'}: ${error?.code ?? ''}`,
  'execution.cancelled': ({ reason }) => reason,
  'execution.stuck': ({ stepId, reason }) => `${stepId}: ${reason}`,
};

/** A record of another version that is not as this one knows it is shown without. */
function aboutOf({ type, data }: EventRecord): string {
  if (!isRecordType(type)) return '';
  try {
    return (ABOUT[type] as ((data: unknown) => string) | undefined)?.(data) ?? '';
  } catch {
    return '';
  }
}
