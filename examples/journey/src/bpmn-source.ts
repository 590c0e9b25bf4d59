import { StepFailure } from '@intendant/participant';
import BpmnModdle, { type ModdleElement, type ModdleWarning } from 'bpmn-moddle';

/** References of the diagram part say where to draw, not what happens. */
const DIAGRAM = /^(?:bpmndi|di|dc):/;

/**
 * The definitions of a BPMN 2.0 file, whatever its namespace prefix.
 * Throws `bpmn_malformed` with line and column for XML or elements that cannot be read, since leaving one out would
 * change the process, and `bpmn_unresolved_reference` for a reference that leads nowhere.
 */
export async function readDefinitions(xml: string): Promise<ModdleElement> {
  const { rootElement, warnings } = await new BpmnModdle()
    .fromXML(xml)
    .catch((error: Error & { warnings?: ModdleWarning[] }) => {
      throw malformed(error.warnings?.[0]?.message ?? error.message);
    });
  for (const { message, element, property, value } of warnings) {
    if (element === undefined) throw malformed(message);
    if (DIAGRAM.test(element.$type)) continue;
    throw new StepFailure(
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
  return rootElement;
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
