import type { ResultReply, Submitted } from '@intendant/client';
import { listLines } from '../table.js';
import { jsonText, type Palette, printable } from '../terminal.js';
import { statusCell } from './status-colour.js';

/** What a submission came to. */
export function submittedLines({ execution, replayed, idempotencyKey }: Submitted, palette: Palette): string[] {
  const { executionId, intentType, status, error, stuckReason } = execution;
  return [
    ...listLines(
      {
        execution: executionId,
        intent: intentType,
        status: statusCell(status, palette),
        key: replayed ? `${idempotencyKey} (known: this is the execution it already had)` : idempotencyKey,
        error: error === null ? null : `${error.code}: ${error.message}`,
        stuck: stuckReason,
        ...artifactMembers(execution),
      },
      palette,
    ),
  ];
}

function artifactMembers({ result }: ResultReply): Record<string, string> {
  const artifacts = (result?.artifacts ?? []).map(({ artifactId, resultType }) => `${artifactId} (${resultType})`);
  const events = (result?.events ?? []).map(({ eventType }) => eventType);
  return {
    ...(artifacts.length > 0 && { artifacts: artifacts.join(', ') }),
    ...(events.length > 0 && { events: events.join(', ') }),
  };
}

/** The whole outcome, with what each artifact means. */
export function resultLines(reply: ResultReply, palette: Palette): string[] {
  const { executionId, intentType, status, createdAt, settledAt, error, stuckReason, result } = reply;
  const head = listLines(
    {
      execution: executionId,
      intent: intentType,
      status: statusCell(status, palette),
      took: settledAt === null ? null : `${Date.parse(settledAt) - Date.parse(createdAt)} ms`,
      error: error === null ? null : `${error.code}: ${error.message}`,
      stuck: stuckReason,
    },
    palette,
  );
  const details = error?.details === null || error === null ? [] : ['', ...jsonLines(error.details)];
  if (result === null) return [...head, ...details];
  const artifacts = result.artifacts.flatMap(({ artifactId, resultType, parents, semanticPayload }) => [
    '',
    `${palette.bold(artifactId)} ${palette.dim(resultType)}`,
    ...parents.map((parent) => palette.dim(`  from ${printable(parent)}`)),
    ...jsonLines(semanticPayload).map((line) => `  ${line}`),
  ]);
  const events = result.events.map(({ eventType }) => `event ${eventType}`);
  const changes = result.stateChanges.map(({ scope, key }) => `state ${scope} ${printable(key)}`);
  const rest = [...events, ...changes];
  return [...head, ...details, ...artifacts, ...(rest.length > 0 ? ['', ...rest] : [])];
}

const jsonLines = (value: unknown): string[] => jsonText(value, 2).split('\n');
