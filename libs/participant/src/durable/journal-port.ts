import type { JournalCommand, JournalReply } from '@intendant/intent-model';

/** What the Runtime says to a report. */
export type ReportAnswer =
  | ({ readonly kind: 'recorded' } & JournalReply)
  | { readonly kind: 'superseded' }
  | { readonly kind: 'violation'; readonly expected: string; readonly actual: string };

/** Port: the journal of one call. Resolves once the commands are durable; rejects when nobody knows. */
export interface JournalPort {
  report(commands: readonly JournalCommand[]): Promise<ReportAnswer>;
}
