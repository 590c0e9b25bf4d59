import type { SopNext, SopSection, SopStep } from './sop.js';

export interface Sop {
  readonly title: string;
  readonly audience: string | null;
  readonly roles: readonly string[];
  readonly sections: readonly SopSection[];
}

/** The procedure as a document to read. */
export function markdownOf({ title, audience, roles, sections }: Sop): string {
  const head = [
    `# ${title}`,
    audience === null ? '' : `For: ${audience}`,
    roles.length > 0 ? `Roles: ${roles.join(', ')}` : '',
  ];
  const body = sections.flatMap((section) => [
    section.title !== null && sections.length > 1 ? `## ${section.title}` : '',
    section.triggers.length > 0 ? `Starts with: ${section.triggers.join(', ')}` : '',
    section.steps.map(stepLines).join('\n'),
  ]);
  return `${[...head, ...body].filter((part) => part !== '').join('\n\n')}\n`;
}

const PREFIX: Readonly<Partial<Record<SopStep['kind'], string>>> = {
  decision: 'Decide: ',
  parallel: 'At the same time: ',
  join: 'Wait for all branches: ',
  event: 'Wait for: ',
  exception: 'Exception: ',
};

function stepLines(step: SopStep): string {
  const indent = '   '.repeat(step.step.split('.').length - 1);
  const who = step.role === null ? '' : ` (${step.role})`;
  const of = step.exceptionOf === null ? '' : ` in step ${step.exceptionOf}`;
  const title = step.title ?? `unnamed (${step.elementId})`;
  const lines = [`${step.step}. ${PREFIX[step.kind] ?? ''}${title}${of}${who}`];
  if (step.instruction !== null) lines.push(`   ${step.instruction.replace(/\n/g, '\n   ')}`);
  const goesOn = step.next.length === 1 && step.next[0]?.when === null;
  lines.push(
    ...step.next.map((next) => `   - ${goesOn ? '' : `${next.when ?? 'no condition stated'}: `}${nextText(next)}`),
  );
  return lines.map((line) => indent + line).join('\n');
}

function nextText({ step, outcome }: SopNext): string {
  if (step !== null) return `go to step ${step}`;
  return outcome === null ? 'end' : `end: ${outcome}`;
}
