import type { SopNext, SopSection, SopStep } from './sop.js';

export interface Sop {
  readonly title: string;
  readonly audience: string | null;
  readonly roles: readonly string[];
  readonly sections: readonly SopSection[];
}

/** The procedure as a document to read. What comes from a file or a conversation is text in it, never markup. */
export function markdownOf({ title, audience, roles, sections }: Sop): string {
  const head = [
    `# ${inline(title)}`,
    audience === null ? '' : `For: ${inline(audience)}`,
    roles.length > 0 ? `Roles: ${roles.map(inline).join(', ')}` : '',
  ];
  const body = sections.flatMap((section) => [
    section.title !== null && sections.length > 1 ? `## ${inline(section.title)}` : '',
    section.triggers.length > 0 ? `Starts with: ${section.triggers.map(inline).join(', ')}` : '',
    section.steps.map(stepLines).join('\n'),
  ]);
  return `${[...head, ...body].filter((part) => part !== '').join('\n\n')}\n`;
}

/** Characters that mean something anywhere in a line; a link that is not written as one is made of `:` and `@`, too. */
const MARKUP =
  /[\\`*_[\]<>~|#]|&(?=[#\w]+;)|(?<=\b(?:https?|ftp|mailto|javascript|data|vbscript)):|(?<=\bwww)\.|(?<=\S)@(?=\S)/gi;
/** What makes a line a heading, an item or a rule at its beginning. */
const LINE_START = /^(?:([-+=])|(\d{1,9})([.)]))/;

/** They show text in another order than it is written in. */
const DIRECTION_MARKS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text as one line of a document, without a meaning of its own. */
export const inline = (text: string): string =>
  text
    .replace(DIRECTION_MARKS, '')
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .replace(MARKUP, '\\$&');

const ownLine = (text: string): string =>
  inline(text).replace(LINE_START, (_all, sign, digits, dot) => (sign ? `\\${sign}` : `${digits}\\${dot}`));

const PREFIX: Readonly<Partial<Record<SopStep['kind'], string>>> = {
  start: 'Start: ',
  decision: 'Decide: ',
  parallel: 'At the same time: ',
  join: 'Wait for all branches: ',
  inclusive_join: 'Wait for all branches that were taken: ',
  event: 'Wait for: ',
  send: 'Send: ',
  milestone: 'Reached: ',
  exception: 'Exception: ',
};

function stepLines(step: SopStep): string {
  const indent = '   '.repeat(step.step.split('.').length - 1);
  const who = step.role === null ? '' : ` (${inline(step.role)})`;
  const of = step.exceptionOf === null ? '' : ` in step ${step.exceptionOf}`;
  const goesOnBeside = step.interrupting === false ? ', the step goes on' : '';
  const why = step.trigger === undefined ? '' : ` (${inline(step.trigger)})`;
  const often = step.repeats === undefined ? '' : ` (${inline(step.repeats)})`;
  const title = ownLine(step.title ?? `unnamed (${step.elementId})`);
  const lines = [`${step.step}. ${PREFIX[step.kind] ?? ''}${title}${often}${why}${of}${goesOnBeside}${who}`];
  if (step.instruction !== null)
    lines.push(...step.instruction.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => `   ${ownLine(line)}`.trimEnd()));
  const goesOn = step.next.length === 1 && step.next[0]?.when === null;
  const unstated = whenUnstated(step);
  lines.push(
    ...step.next.map((next) => `   - ${goesOn ? '' : `${ownLine(next.when ?? unstated)}: `}${nextText(next)}`),
  );
  return lines.map((line) => indent + line).join('\n');
}

/** A way without a condition is a choice only where something is decided; else it is taken whatever the others are. */
function whenUnstated({ kind, next }: SopStep): string {
  if (kind === 'decision') return 'no condition stated';
  return kind === 'parallel' || next.every(({ when }) => when === null) ? 'at the same time' : 'in any case';
}

function nextText({ step, outcome, completes }: SopNext): string {
  const end = outcome === null ? '' : `: ${inline(outcome)}`;
  if (completes !== undefined)
    return `end of step ${completes}${end}${step === null ? '' : `, then go to step ${step}`}`;
  return step === null ? `end${end}` : `go to step ${step}`;
}
