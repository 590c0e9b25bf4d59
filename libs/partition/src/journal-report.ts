import { type ExecutionCommand, heldIn, isSettled, reportedEntries, violationIn } from '@intendant/execution';
import type { LiveExecution } from './live-execution.js';
import type { JournalReport, ReportOutcome } from './ports.js';

type JournalCommandOf = Extract<ExecutionCommand, { kind: 'journal' }>;

/** Records what the running handler of a saga as code did, unless its step is over or it is not the handler that was. */
export async function recordReport(
  live: LiveExecution,
  report: JournalReport,
  journal: JournalCommandOf['journal'],
  nowMs: number,
  record: (command: ExecutionCommand) => Promise<void>,
): Promise<ReportOutcome> {
  const step = live.state.steps.get(report.stepId);
  if (step?.status !== 'started' || isSettled(live.state.status)) return { kind: 'superseded' };
  const violation = violationIn(live.state, report.commands);
  if (violation !== null) return { kind: 'violation', ...violation };
  const held = [...heldIn(live.state, report.commands)].map((command) => command.id);
  const { attempt, stepId } = step;
  await record({ kind: 'journal', stepId, attempt, direction: 'forward', nowMs, journal });
  return { kind: 'recorded', entries: reportedEntries(live.state, report.commands), held };
}
