import type { ExecutionReply, RefusalReply } from '@intendant/client';
import { listLines, tableLines } from '../table.js';
import type { Palette } from '../terminal.js';
import { statusCell } from './status-colour.js';

export function executionLines(execution: ExecutionReply, palette: Palette): string[] {
  const { capabilities, timers } = execution as ExecutionReply & { timers?: Record<string, string> };
  const head = listLines(
    {
      execution: execution.executionId,
      intent: execution.intentType,
      status: statusCell(execution.status, palette),
      substatus: execution.substatus,
      for: `${execution.userId} of ${execution.tenantId}`,
      session: execution.sessionId,
      correlation: execution.correlationId,
      capability: capabilities.map(({ name, version }) => `${name} ${version}`).join(', '),
      decision: `${execution.decisionId} under policy revision ${execution.policyRevision}`,
      created: execution.createdAt,
      settled: execution.settledAt,
      records: String(execution.lastSeq),
      timers: timers === undefined || Object.keys(timers).length === 0 ? null : Object.values(timers).join(', '),
      error: execution.error === null ? null : `${execution.error.code}: ${execution.error.message}`,
      stuck: execution.stuckReason,
    },
    palette,
  );
  const rows = execution.steps.map(({ stepId, status, attempts, error, errorOutcome }) => [
    stepId,
    statusCell(status, palette),
    String(attempts),
    error === null ? '' : `${error.code}: ${error.message} (${errorOutcome ?? 'outcome unknown'})`,
  ]);
  return [...head, '', ...tableLines(['STEP', 'STATUS', 'ATTEMPTS', 'ERROR'], rows, palette)];
}

export function refusalLines(refusal: RefusalReply, palette: Palette): string[] {
  const { refusalId, code, detail, field, actor, intentType, action, targetId, decisionId, occurredAt } = refusal;
  return listLines(
    {
      refusal: refusalId,
      code: code === null ? null : [code, palette.red],
      detail,
      field,
      intent: intentType,
      action,
      of: targetId,
      from: actor,
      decision: decisionId,
      at: occurredAt,
    },
    palette,
  );
}
