import type { EventRecord } from '@intendant/client';
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
    if (/\.(failed|stuck|rejected)$/.test(type)) return this.palette.red;
    if (/\.(completed|succeeded)$/.test(type)) return this.palette.green;
    return (text) => text;
  }
}

type Data = Record<string, unknown> & {
  decision?: { effect?: string; policyRevision?: number };
  intent?: { intentType?: string };
  capabilities?: { name: string; version: string }[];
  error?: { code?: string; message?: string };
  artifact?: { artifactId?: string };
};

/** What tells one record of its type from another, in a few words. */
const ABOUT: Readonly<Record<string, (data: Data) => string>> = {
  'intent.received': ({ intent }) => String(intent?.intentType ?? ''),
  'policy.decided': ({ decision }) => `${decision?.effect} by revision ${decision?.policyRevision}`,
  'capability.resolved': ({ capabilities }) =>
    (capabilities ?? []).map(({ name, version }) => `${name} ${version}`).join(', '),
  'intent.accepted': ({ timeoutMs }) => `up to ${timeoutMs} ms an attempt`,
  'step.started': ({ stepId, attempt }) => `${stepId}, attempt ${attempt}`,
  'step.succeeded': ({ stepId }) => String(stepId),
  'step.failed': ({ stepId, error, outcome }) => `${stepId}: ${error?.code}: ${error?.message} (${outcome})`,
  'step.retry_scheduled': ({ stepId, waitMs }) => `${stepId} in ${waitMs} ms`,
  'timer.set': ({ timerId, dueAt }) => `${timerId} due ${dueAt}`,
  'timer.fired': ({ timerId }) => String(timerId),
  'artifact.recorded': ({ artifact, disposition }) => `${artifact?.artifactId} (${disposition})`,
  'state.changed': ({ scope, key }) => `${scope} ${key}`,
  'event.emitted': ({ eventType }) => String(eventType),
  'data.registered': ({ reference, resourceClass }) => `${resourceClass} ${reference}`,
  'execution.failed': ({ error }) => `${error?.code}: ${error?.message}`,
  'execution.stuck': ({ stepId, reason }) => `${stepId}: ${reason}`,
  'contract.proposed': ({ contract }) => contractId(contract),
  'contract.activated': ({ contract }) => contractId(contract),
};

const contractId = (contract: unknown): string => String((contract as { contractId?: string } | undefined)?.contractId);

export const aboutOf = ({ type, data }: EventRecord): string => ABOUT[type]?.(data as Data) ?? '';
