import type { ModdleElement } from '@intendant/example-documents';
import {
  type EventTrigger,
  type Repetition,
  readDefinitions,
  repetitionOf,
  triggerOf,
} from '@intendant/example-documents';
import { StepFailure } from '@intendant/participant';

export interface WorkflowNode {
  readonly id: string;
  readonly kind: 'activity' | 'gateway' | 'event';
  /** BPMN type without prefix: `userTask`, `exclusiveGateway`, `endEvent`; `eventSubProcess` for one started by an event. */
  readonly type: string;
  readonly name: string | null;
  /** Innermost lane, or null outside of lanes. */
  readonly lane: string | null;
  readonly documentation: string | null;
  /** Process or sub-process that holds the node. */
  readonly parentId: string;
  /** The activity a boundary event belongs to. */
  readonly attachedToId: string | null;
  /** What makes an event happen; left out where there is nothing. */
  readonly trigger?: EventTrigger;
  /** False for a boundary or start event that lets its activity go on; left out otherwise. */
  readonly interrupting?: false;
  /** How often an activity is done; left out for once. */
  readonly repetition?: Repetition;
  /** An activity that undoes another; left out otherwise. */
  readonly isForCompensation?: true;
}

export interface WorkflowFlow {
  readonly id: string;
  readonly sourceId: string;
  readonly targetId: string;
  readonly name: string | null;
  readonly condition: string | null;
  /** Taken when no other branch of its gateway is. */
  readonly isDefault: boolean;
  /** Not drawn: from a throwing link event to the catching one of its name. Left out otherwise. */
  readonly isLink?: true;
}

/** What happens in what order, without the drawing. */
export interface WorkflowGraph {
  readonly name: string | null;
  readonly processes: readonly { readonly id: string; readonly name: string | null }[];
  readonly nodes: readonly WorkflowNode[];
  readonly flows: readonly WorkflowFlow[];
}

export const NODES_MAX = 1_000;
const FLOWS_MAX = 10_000;
const PROCESSES_MAX = 10_000;
const DEPTH_MAX = 32;

/**
 * The graph of a BPMN 2.0 file. Pools lend their name to a process without one.
 * Throws what `readDefinitions` throws, `bpmn_without_process`, `bpmn_without_tasks`, `bpmn_element_without_id`,
 * `workflow_too_large`.
 */
export async function graphOf(xml: string): Promise<WorkflowGraph> {
  const definitions = await readDefinitions(xml);
  const roots: ModdleElement[] = definitions.rootElements ?? [];
  const processes = roots.filter(({ $type }) => $type === 'bpmn:Process');
  if (processes.length === 0)
    throw new StepFailure('bpmn_without_process', 'the file describes no process', { details: {} });
  if (processes.length > PROCESSES_MAX) throw tooLarge();
  const pools = poolNames(roots);
  const nodes: WorkflowNode[] = [];
  const flows: WorkflowFlow[] = [];
  const idOf = processIds(processes);
  for (const process of processes) collect(process, idOf(process), lanesOf(process), { nodes, flows }, 0);
  if (!nodes.some(({ kind }) => kind === 'activity')) {
    throw new StepFailure('bpmn_without_tasks', 'no process of the file has a task', {
      details: { processes: processes.length },
    });
  }
  const named = processes.map((process) => {
    const id = idOf(process);
    return { id, name: process.name ?? pools.get(id) ?? null };
  });
  return {
    name: named.find(({ name }) => name !== null)?.name ?? definitions.name ?? null,
    processes: named,
    nodes,
    flows: [...flows, ...linksBetween(nodes)],
  };
}

/** Ids of processes; one without gets its place in the file, with a character that no id has. */
function processIds(processes: readonly ModdleElement[]): (process: ModdleElement) => string {
  const ids = new Map(processes.map((process, index) => [process, process.id ?? `process#${index + 1}`]));
  return (process) => ids.get(process) ?? '';
}

/** A throwing link event goes on at the catching one of its name, in the same process or sub-process. */
function linksBetween(nodes: readonly WorkflowNode[]): WorkflowFlow[] {
  const links = nodes.filter(({ trigger }) => trigger?.kind === 'link' && trigger.detail !== null);
  const [throwing, catching] = ['intermediateThrowEvent', 'intermediateCatchEvent'].map((type) =>
    links.filter((node) => node.type === type),
  ) as [WorkflowNode[], WorkflowNode[]];
  return throwing.flatMap((source) => {
    const target = catching.find(
      ({ parentId, trigger }) => parentId === source.parentId && trigger?.detail === source.trigger?.detail,
    );
    if (target === undefined) return [];
    const ends = { id: `${source.id}#${target.id}`, sourceId: source.id, targetId: target.id };
    return [{ ...ends, name: null, condition: null, isDefault: false, isLink: true as const }];
  });
}

interface Collected {
  readonly nodes: WorkflowNode[];
  readonly flows: WorkflowFlow[];
}

function collect(
  container: ModdleElement,
  containerId: string,
  lanes: ReadonlyMap<string, string>,
  into: Collected,
  depth: number,
): void {
  for (const element of (container.flowElements ?? []) as ModdleElement[]) {
    if (element.$type === 'bpmn:SequenceFlow') into.flows.push(flowOf(element));
    else if (element.$instanceOf('bpmn:FlowNode')) into.nodes.push(nodeOf(element, containerId, lanes));
    if (into.nodes.length > NODES_MAX || into.flows.length > FLOWS_MAX || depth > DEPTH_MAX) throw tooLarge();
    collect(element, element.id ?? '', lanes, into, depth + 1);
  }
}

const tooLarge = (): StepFailure =>
  new StepFailure(
    'workflow_too_large',
    `a workflow has at most ${PROCESSES_MAX} processes, ${NODES_MAX} nodes, nested ${DEPTH_MAX} deep, and ${FLOWS_MAX} flows`,
    { details: { processesMax: PROCESSES_MAX, nodesMax: NODES_MAX, depthMax: DEPTH_MAX, flowsMax: FLOWS_MAX } },
  );

function nodeOf(element: ModdleElement, parentId: string, lanes: ReadonlyMap<string, string>): WorkflowNode {
  const { id } = element;
  if (id === undefined) {
    throw new StepFailure('bpmn_element_without_id', `a ${element.$type} has no id, so no flow can lead to it`, {
      details: { elementType: element.$type, name: element.name ?? null, parentId },
    });
  }
  const kind = element.$instanceOf('bpmn:Activity')
    ? 'activity'
    : element.$instanceOf('bpmn:Gateway')
      ? 'gateway'
      : 'event';
  const local = element.$type.slice(element.$type.indexOf(':') + 1);
  const trigger = triggerOf(element);
  const repetition = repetitionOf(element);
  const interrupting = element.cancelActivity !== false && element.isInterrupting !== false;
  const documentation = (element.documentation ?? []).map(({ text }: ModdleElement) => text ?? '').join('\n');
  return {
    id,
    kind,
    // An event sub-process is entered by its own start event, not by a flow.
    type: element.triggeredByEvent ? 'eventSubProcess' : local.charAt(0).toLowerCase() + local.slice(1),
    name: oneLine(element.name),
    lane: lanes.get(id) ?? lanes.get(parentId) ?? null,
    documentation: documentation.trim() || null,
    parentId,
    attachedToId: element.attachedToRef?.id ?? null,
    ...(trigger && { trigger }),
    ...(interrupting ? {} : { interrupting }),
    ...(repetition && { repetition }),
    ...(element.isForCompensation === true && { isForCompensation: true }),
  };
}

const flowOf = (element: ModdleElement): WorkflowFlow => ({
  id: element.id ?? '',
  sourceId: element.sourceRef?.id ?? '',
  targetId: element.targetRef?.id ?? '',
  name: oneLine(element.name),
  condition: element.conditionExpression?.body?.trim() || null,
  isDefault: element.sourceRef?.default === element,
});

/** Labels are broken for the drawing. */
const oneLine = (name: string | undefined): string | null => name?.replace(/\s+/g, ' ').trim() || null;

function lanesOf(process: ModdleElement): Map<string, string> {
  const byNode = new Map<string, string>();
  const visit = (laneSet: ModdleElement, depth: number): void => {
    for (const lane of depth > DEPTH_MAX ? [] : ((laneSet.lanes ?? []) as ModdleElement[])) {
      for (const node of (lane.flowNodeRef ?? []) as ModdleElement[])
        byNode.set(node.id ?? '', oneLine(lane.name) ?? lane.id ?? '');
      if (lane.childLaneSet) visit(lane.childLaneSet, depth + 1);
    }
  };
  for (const laneSet of (process.laneSets ?? []) as ModdleElement[]) visit(laneSet, 0);
  return byNode;
}

function poolNames(roots: readonly ModdleElement[]): Map<string, string> {
  const participants: ModdleElement[] = roots.flatMap((root) =>
    root.$type === 'bpmn:Collaboration' ? (root.participants ?? []) : [],
  );
  return new Map(
    participants.flatMap(({ processRef, name }) =>
      processRef?.id && name ? [[processRef.id, oneLine(name) ?? '']] : [],
    ),
  );
}
