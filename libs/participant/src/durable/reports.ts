import { JOURNAL_BYTES_MAX, JOURNAL_COMMANDS_MAX, type JournalCommand } from '@intendant/intent-model';

/** What a report has around its commands. */
const ENVELOPE_BYTES = 1_024;

/**
 * Commands in their order, cut into what the Runtime takes as one report. A command that is too large by itself is a report
 * of its own, for the Runtime to refuse.
 */
export function inReports(commands: JournalCommand[]): readonly JournalCommand[][] {
  if (commands.length <= 1) return commands.length === 0 ? [] : [commands];
  const reports: JournalCommand[][] = [];
  let report: JournalCommand[] = [];
  let bytes = ENVELOPE_BYTES;
  for (const command of commands) {
    const size = Buffer.byteLength(JSON.stringify(command)) + 1;
    if (report.length > 0 && (report.length === JOURNAL_COMMANDS_MAX || bytes + size > JOURNAL_BYTES_MAX)) {
      reports.push(report);
      report = [];
      bytes = ENVELOPE_BYTES;
    }
    report.push(command);
    bytes += size;
  }
  return [...reports, report];
}
