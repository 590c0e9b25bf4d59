import type { Finding } from './permit-finding.js';
import type { TextLine } from './permit-text.js';

/** No printed line is longer; the rules look at a line as a whole, so that their work must end with it. */
export const LINE_CHARACTERS_MAX = 4_000;

/**
 * The lines as the rules read them: a run of blanks is at most two, as between columns, so that no rule walks through long
 * runs again and again. Lines that are too long are left out and counted in a finding.
 */
export function readableLines(lines: readonly TextLine[]): {
  readonly lines: readonly TextLine[];
  readonly findings: readonly Finding[];
} {
  const normal = lines.map(({ line, text }) => ({
    line,
    text: text.replace(/\s{2,}/g, '  ').replace(/[^\S ]/g, ' '),
  }));
  const unread = normal.filter(({ text }) => text.length > LINE_CHARACTERS_MAX);
  const [first] = unread;
  if (first === undefined) return { lines: normal, findings: [] };
  const characters = unread.reduce((sum, { text }) => sum + text.length, 0);
  const message = `${unread.length} line(s) of more than ${LINE_CHARACTERS_MAX} characters, ${characters} in all, were not read`;
  return {
    lines: normal.filter(({ text }) => text.length <= LINE_CHARACTERS_MAX),
    findings: [{ code: 'text_not_read', field: null, sourceLine: first.line, message }],
  };
}
