import { StepFailure } from '@intendant/participant';
import BpmnModdle from 'bpmn-moddle';
import { Reader, type ReaderContext, type RootHandler } from 'moddle-xml';
import { boundReading, refuseTooLarge } from './bpmn-bounds.js';
import type { ModdleElement, ModdleWarning } from './moddle-element.js';

/** References of the diagram part say where to draw, not what happens. */
const DIAGRAM = /^(?:bpmndi|di|dc):/;

/**
 * The definitions of a BPMN 2.0 file, whatever its namespace prefix.
 * Throws `bpmn_too_large`, `bpmn_malformed` with line and column for XML or elements that cannot be read, since leaving
 * one out would change the process, and `bpmn_unresolved_reference` for a reference that leads nowhere.
 */
export async function readDefinitions(xml: string): Promise<ModdleElement> {
  refuseTooLarge(xml);
  refuseUnknownEntities(xml);
  let refusal: StepFailure | undefined;
  const end = (why: StepFailure): never => {
    refusal = why;
    throw why;
  };
  const reader = new Reader({ model: new BpmnModdle(), lax: false });
  const root = reader.handler('bpmn:Definitions');
  onContext(root, (context) => {
    boundReading(context, end);
    endAtFirstFault(context, end);
  });
  const { rootElement, warnings } = await reader
    .fromXML(xml, root)
    .catch((error: Error & { warnings?: ModdleWarning[] }) => {
      throw refusal ?? malformed(error.warnings?.[0]?.message ?? error.message);
    });
  const fault = faultOf(warnings);
  if (fault !== undefined) throw fault;
  return rootElement;
}

/** The reader makes its context itself and gives it to the root. */
function onContext(root: RootHandler, seen: (context: ReaderContext) => void): void {
  let current: ReaderContext;
  Object.defineProperty(root, 'context', {
    get: () => current,
    set: (context: ReaderContext) => {
      current = context;
      seen(context);
    },
  });
}

/** Going on, the reader would look for the line of each fault from the beginning of the file. */
function endAtFirstFault(context: ReaderContext, end: (refusal: StepFailure) => never): void {
  const addWarning = context.addWarning.bind(context);
  context.addWarning = (warning) => {
    addWarning(warning);
    if (warning.element === undefined) end(faultOf(context.warnings) ?? malformed(warning.message));
  };
}

/** The first warning that tells more than that something is not drawn. */
function faultOf(warnings: readonly ModdleWarning[]): StepFailure | undefined {
  for (const { message, element, property, value } of warnings) {
    if (element === undefined) return malformed(message);
    if (DIAGRAM.test(element.$type)) continue;
    return new StepFailure(
      'bpmn_unresolved_reference',
      `${element.$type} ${element.id ?? ''} refers to ${value}, which is not in the file`,
      {
        details: {
          elementId: element.id ?? null,
          elementType: element.$type,
          property: property ?? null,
          reference: value ?? null,
        },
      },
    );
  }
  return undefined;
}

/** The reader leaves what it does not know as it stands, so that a name would read `&nope;`. */
function refuseUnknownEntities(xml: string): void {
  const text = xml.replace(/<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)/g, (skipped) =>
    skipped.replace(/[^\n]/g, ' '),
  );
  const unknown = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][\da-fA-F]{1,6});)[\w#.:-]{1,64};/.exec(text);
  if (unknown === null) return;
  const before = text.slice(0, unknown.index).split('\n');
  const details = {
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    reason: `undefined entity ${unknown[0]}`,
  };
  throw new StepFailure('bpmn_malformed', `not a BPMN 2.0 file: ${details.reason} at line ${details.line}`, {
    details,
  });
}

function malformed(message: string): StepFailure {
  const [, line, column] = /line: (\d+)\s+column: (\d+)/.exec(message) ?? [];
  const reason = /nested error: ([^\n]*)/.exec(message)?.[1] ?? message.split('\n')[0] ?? message;
  const at = line === undefined ? {} : { line: Number(line) + 1, column: Number(column) + 1 };
  const where = line === undefined ? '' : ` at line ${Number(line) + 1}`;
  return new StepFailure('bpmn_malformed', `not a BPMN 2.0 file: ${reason.slice(0, 200)}${where}`, {
    details: { ...at, reason: reason.slice(0, 200) },
  });
}
