import { compensationIn } from './compensation.js';
import { isEndless } from './element-texts.js';
import { orderNodes } from './graph-order.js';
import type { WorkflowFlow, WorkflowGraph, WorkflowNode } from './workflow-graph.js';

export interface WorkflowFinding {
  readonly code:
    | 'unnamed_task'
    | 'branch_without_condition'
    | 'no_start_event'
    | 'unreachable'
    | 'dead_end'
    | 'loop_without_condition'
    | 'compensation_not_a_step'
    | 'incomplete_flow';
  readonly elementId: string;
}

/** Gateways whose branches exclude or restrict each other, so that each needs to say when it is taken. */
export const DECIDING = new Set(['exclusiveGateway', 'inclusiveGateway', 'complexGateway']);

const ENDS = new Set(['endEvent', 'eventSubProcess']);

/** What a workflow is about, with what its drawing leaves open. */
export function summaryOf(graph: WorkflowGraph) {
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]));
  const ordered = containersOf(graph).flatMap((id) => {
    const { reachable, unreachable } = orderNodes(graph, id);
    return [...reachable, ...unreachable];
  });
  const branchesOf = (gateway: WorkflowNode) =>
    graph.flows
      .filter(({ sourceId }) => sourceId === gateway.id)
      .map(({ name, condition, isDefault, targetId }) => ({
        label: name,
        condition,
        isDefault,
        targetId,
        target: names.get(targetId) ?? null,
      }));
  const element = ({ id, name, type, lane }: Pick<WorkflowNode, 'id' | 'name' | 'type' | 'lane'>) => ({
    elementId: id,
    name,
    type,
    lane,
  });
  const ofKind = (kind: WorkflowNode['kind']): WorkflowNode[] => ordered.filter((node) => node.kind === kind);
  return {
    name: graph.name,
    processes: graph.processes.map(({ id, name }) => ({ processId: id, name })),
    lanes: [...new Set(graph.nodes.flatMap(({ lane }) => lane ?? []))],
    tasks: ofKind('activity').map(({ repetition, isForCompensation, ...node }) => ({
      ...element(node),
      ...(repetition && { repetition }),
      ...(isForCompensation && { isForCompensation }),
    })),
    gateways: ofKind('gateway').map((gateway) => ({ ...element(gateway), branches: branchesOf(gateway) })),
    events: ofKind('event').map(({ trigger, interrupting, attachedToId, ...node }) => ({
      ...element(node),
      ...(trigger && { trigger }),
      ...(attachedToId !== null && { attachedToId }),
      ...(interrupting === false && { interrupting }),
    })),
    flowCount: graph.flows.filter(({ isLink }) => isLink !== true).length,
    findings: findingsOf(graph),
  };
}

/** Processes, and the activities that hold nodes. */
export function containersOf(graph: WorkflowGraph): string[] {
  const holders = new Set(graph.nodes.map(({ parentId }) => parentId));
  return [...graph.processes.map(({ id }) => id), ...graph.nodes.flatMap(({ id }) => (holders.has(id) ? [id] : []))];
}

function findingsOf(graph: WorkflowGraph): WorkflowFinding[] {
  const outgoing = new Map<string, WorkflowFlow[]>();
  const compensation = compensationIn(graph);
  const findings: WorkflowFinding[] = [];
  const add = (code: WorkflowFinding['code'], elementId: string): void => void findings.push({ code, elementId });
  for (const flow of graph.flows) {
    const others = outgoing.get(flow.sourceId);
    if (others) others.push(flow);
    else outgoing.set(flow.sourceId, [flow]);
    if (flow.sourceId === '' || flow.targetId === '') add('incomplete_flow', flow.id);
  }
  for (const node of graph.nodes) {
    if (node.kind === 'activity' && node.name === null) add('unnamed_task', node.id);
    if (node.repetition && isEndless(node.repetition)) add('loop_without_condition', node.id);
    if (compensation.has(node.id)) add('compensation_not_a_step', node.id);
    else if (!ENDS.has(node.type) && !outgoing.has(node.id)) add('dead_end', node.id);
    for (const { id } of openBranches(node, outgoing.get(node.id) ?? [])) add('branch_without_condition', id);
  }
  for (const container of containersOf(graph)) {
    const starts = graph.nodes.some(({ parentId, type }) => parentId === container && type === 'startEvent');
    if (!starts) add('no_start_event', container);
    for (const { id } of orderNodes(graph, container).unreachable) if (!compensation.has(id)) add('unreachable', id);
  }
  return findings;
}

/** Branches of a deciding gateway that do not say when they are taken. */
const openBranches = (node: WorkflowNode, flows: readonly WorkflowFlow[]): WorkflowFlow[] =>
  DECIDING.has(node.type) && flows.length > 1
    ? flows.filter(({ name, condition, isDefault }) => !name && !condition && !isDefault)
    : [];
