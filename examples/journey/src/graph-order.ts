import type { WorkflowGraph, WorkflowNode } from './workflow-graph.js';

const ENTRY_TYPES = new Set(['startEvent', 'eventSubProcess']);

/** The nodes of one process or sub-process in the order they are come to; the unreachable ones last. */
export interface OrderedNodes {
  readonly reachable: readonly WorkflowNode[];
  readonly unreachable: readonly WorkflowNode[];
}

/**
 * Orders the nodes directly within a container: every node after those that lead to it (loops aside), branches in the
 * order of the file, a joining node after all its branches.
 */
export function orderNodes(graph: WorkflowGraph, containerId: string): OrderedNodes {
  const nodes = graph.nodes.filter(({ parentId }) => parentId === containerId);
  // a file of thousands of empty processes must not cost a look at all flows for each
  if (nodes.length === 0) return { reachable: [], unreachable: [] };
  const successors = successorsOf(graph, nodes);
  const targets = new Set([...successors.values()].flat());
  const hasStart = nodes.some(({ type }) => type === 'startEvent');
  const isEntry = ({ id, type }: WorkflowNode): boolean => (hasStart ? ENTRY_TYPES.has(type) : !targets.has(id));
  const entries = nodes.filter(isEntry);
  const visited = new Set<string>();
  const order = reversePostorder(
    entries.map(({ id }) => id),
    successors,
    visited,
  );
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return {
    reachable: order.flatMap((id) => byId.get(id) ?? []),
    unreachable: nodes.filter(({ id }) => !visited.has(id)),
  };
}

/** Targets of each node's flows, and the events attached to it. */
function successorsOf(graph: WorkflowGraph, nodes: readonly WorkflowNode[]): Map<string, string[]> {
  const successors = new Map(nodes.map(({ id }) => [id, [] as string[]]));
  for (const { sourceId, targetId } of graph.flows) successors.get(sourceId)?.push(targetId);
  for (const { id, attachedToId } of nodes) successors.get(attachedToId ?? '')?.push(id);
  return successors;
}

/** Depth first without recursion; the last branch is followed first, so that reversing puts the first one first. */
function reversePostorder(
  entries: readonly string[],
  successors: ReadonlyMap<string, readonly string[]>,
  visited: Set<string>,
): string[] {
  const postorder: string[] = [];
  for (const entry of entries.toReversed()) {
    if (visited.has(entry)) continue;
    visited.add(entry);
    const stack = [{ id: entry, left: [...(successors.get(entry) ?? [])] }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.left.pop();
      if (next === undefined) {
        postorder.push(top.id);
        stack.pop();
      } else if (!visited.has(next) && successors.has(next)) {
        visited.add(next);
        stack.push({ id: next, left: [...(successors.get(next) ?? [])] });
      }
    }
  }
  return postorder.toReversed();
}
