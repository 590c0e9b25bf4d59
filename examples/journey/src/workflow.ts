import { orderNodes } from './graph-order.js';
import type { WorkflowFlow, WorkflowGraph, WorkflowNode } from './workflow-graph.js';

export interface WorkflowFinding {
  readonly code: 'unnamed_task' | 'branch_without_condition' | 'no_start_event' | 'unreachable' | 'dead_end';
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
  const element = ({ id, name, type, lane }: WorkflowNode) => ({ elementId: id, name, type, lane });
  const ofKind = (kind: WorkflowNode['kind']): WorkflowNode[] => ordered.filter((node) => node.kind === kind);
  return {
    name: graph.name,
    processes: graph.processes.map(({ id, name }) => ({ processId: id, name })),
    lanes: [...new Set(graph.nodes.flatMap(({ lane }) => lane ?? []))],
    tasks: ofKind('activity').map(element),
    gateways: ofKind('gateway').map((gateway) => ({ ...element(gateway), branches: branchesOf(gateway) })),
    events: ofKind('event').map(element),
    flowCount: graph.flows.length,
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
  for (const flow of graph.flows) outgoing.set(flow.sourceId, [...(outgoing.get(flow.sourceId) ?? []), flow]);
  const findings: WorkflowFinding[] = [];
  const add = (code: WorkflowFinding['code'], elementId: string): void => void findings.push({ code, elementId });
  for (const node of graph.nodes) {
    if (node.kind === 'activity' && node.name === null) add('unnamed_task', node.id);
    if (!ENDS.has(node.type) && !outgoing.has(node.id)) add('dead_end', node.id);
    for (const { id } of openBranches(node, outgoing.get(node.id) ?? [])) add('branch_without_condition', id);
  }
  for (const container of containersOf(graph)) {
    const starts = graph.nodes.some(({ parentId, type }) => parentId === container && type === 'startEvent');
    if (!starts) add('no_start_event', container);
    for (const { id } of orderNodes(graph, container).unreachable) add('unreachable', id);
  }
  return findings;
}

/** Branches of a deciding gateway that do not say when they are taken. */
const openBranches = (node: WorkflowNode, flows: readonly WorkflowFlow[]): WorkflowFlow[] =>
  DECIDING.has(node.type) && flows.length > 1
    ? flows.filter(({ name, condition, isDefault }) => !name && !condition && !isDefault)
    : [];
