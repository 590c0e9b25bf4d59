import type { ModdleElement } from '@intendant/example-documents';
import {
  type EventTrigger,
  type Repetition,
  readDefinitions,
  repetitionOf,
  triggerOf,
} from '@intendant/example-documents';
import { StepFailure } from '@intendant/participant';

const DEPTH_MAX = 64;

/** Columns of the inventory, the same for every kind of element; null where a kind, or an element, does not have it. */
export const BPMN_COLUMNS = [
  'elementId',
  'elementType',
  'name',
  'processId',
  'parentId',
  'lane',
  'sourceId',
  'targetId',
  'condition',
  'defaultFlowId',
  'attachedToId',
  'documentation',
  'trigger.kind',
  'trigger.detail',
  'repetition.manner',
  'repetition.times',
  'repetition.items',
  'repetition.condition',
  'repetition.testBefore',
  'isForCompensation',
] as const;

export interface BpmnElementRecord {
  /** 1 for the first element. */
  readonly row: number;
  readonly values: Readonly<Record<(typeof BPMN_COLUMNS)[number], string | null>>;
}

export interface BpmnInventory {
  readonly records: readonly BpmnElementRecord[];
  readonly processes: readonly { processId: string; name: string | null }[];
  /** How many there are of each type: `{"task": 5, "exclusiveGateway": 1}`. */
  readonly countsByType: Record<string, number>;
}

/** Every element of the processes in a BPMN file, in document order, as flat records. */
export async function inventoryOf(xml: string): Promise<BpmnInventory> {
  const definitions = await readDefinitions(xml);
  const roots: ModdleElement[] = definitions.rootElements ?? [];
  const processes = roots.filter(({ $type }) => $type === 'bpmn:Process');
  if (processes.length === 0)
    throw new StepFailure('bpmn_without_process', 'the file describes no process', { details: {} });
  const records: BpmnElementRecord[] = [];
  const countsByType: Record<string, number> = {};
  const add = (
    element: ModdleElement,
    processId: string,
    parent: ModdleElement,
    lanes: ReadonlyMap<string, string>,
  ): void => {
    const elementType = plainType(element);
    countsByType[elementType] = (countsByType[elementType] ?? 0) + 1;
    records.push({ row: records.length + 1, values: valuesOf(element, elementType, processId, parent, lanes) });
  };
  for (const process of processes) {
    const processId = process.id ?? '';
    const lanes = lanesOf(process);
    for (const { element, parent } of flowElements(process, 0)) add(element, processId, parent, lanes);
  }
  for (const collaboration of roots.filter(({ $type }) => $type === 'bpmn:Collaboration')) {
    for (const flow of collaboration.messageFlows ?? []) add(flow, '', collaboration, new Map());
  }
  return {
    records,
    processes: processes.map(({ id, name }) => ({ processId: id ?? '', name: name ?? null })),
    countsByType,
  };
}

function* flowElements(
  container: ModdleElement,
  depth: number,
): Generator<{ element: ModdleElement; parent: ModdleElement }> {
  if (depth > DEPTH_MAX) {
    throw new StepFailure('bpmn_too_deep', `sub-processes are nested more than ${DEPTH_MAX} deep`, {
      details: { depthMax: DEPTH_MAX },
    });
  }
  for (const element of (container.flowElements ?? []) as ModdleElement[]) {
    yield { element, parent: container };
    yield* flowElements(element, depth + 1);
  }
  // what ties an activity to the one that undoes it; other artifacts are drawing
  const artifacts: ModdleElement[] = container.artifacts ?? [];
  for (const element of artifacts) if (element.$type === 'bpmn:Association') yield { element, parent: container };
}

function valuesOf(
  element: ModdleElement,
  elementType: string,
  processId: string,
  parent: ModdleElement,
  lanes: ReadonlyMap<string, string>,
): BpmnElementRecord['values'] {
  return {
    elementId: element.id ?? null,
    elementType,
    name: element.name ?? null,
    processId: processId || null,
    parentId: parent.id ?? null,
    lane: lanes.get(element.id ?? '') ?? null,
    sourceId: element.sourceRef?.id ?? null,
    targetId: element.targetRef?.id ?? null,
    condition: element.conditionExpression?.body ?? null,
    defaultFlowId: element.default?.id ?? null,
    attachedToId: element.attachedToRef?.id ?? null,
    documentation: element.documentation?.map(({ text }: ModdleElement) => text ?? '').join('\n') ?? null,
    ...triggerValues(triggerOf(element)),
    ...repetitionValues(repetitionOf(element)),
    isForCompensation: trueOrNull(element.isForCompensation),
  };
}

const triggerValues = (trigger: EventTrigger | undefined) => ({
  'trigger.kind': trigger?.kind ?? null,
  'trigger.detail': trigger?.detail ?? null,
});

const repetitionValues = (repetition: Repetition | undefined) => ({
  'repetition.manner': repetition?.manner ?? null,
  'repetition.times': repetition?.times ?? null,
  'repetition.items': repetition?.items ?? null,
  'repetition.condition': repetition?.condition ?? null,
  'repetition.testBefore': trueOrNull(repetition?.testBefore),
});

/** Every column is text. */
const trueOrNull = (flag: boolean | undefined): 'true' | null => (flag === true ? 'true' : null);

/** Name of the innermost lane by the id of the node in it. */
function lanesOf(process: ModdleElement): Map<string, string> {
  const byNode = new Map<string, string>();
  const visit = (laneSet: ModdleElement, depth: number): void => {
    if (depth > DEPTH_MAX) return;
    for (const lane of (laneSet.lanes ?? []) as ModdleElement[]) {
      for (const node of (lane.flowNodeRef ?? []) as ModdleElement[])
        byNode.set(node.id ?? '', lane.name ?? lane.id ?? '');
      if (lane.childLaneSet) visit(lane.childLaneSet, depth + 1);
    }
  };
  for (const laneSet of (process.laneSets ?? []) as ModdleElement[]) visit(laneSet, 0);
  return byNode;
}

/** `bpmn:UserTask` → `userTask`. */
const plainType = ({ $type }: ModdleElement): string => {
  const local = $type.slice($type.indexOf(':') + 1);
  return local.charAt(0).toLowerCase() + local.slice(1);
};
