import type { WorkflowGraph } from './workflow-graph.js';

/**
 * Nodes that say how something is undone: events that stand for it and the activities that do it. An association ties
 * them, no flow; what a flow leads to or from is part of the procedure, whatever it is marked as.
 */
export function compensationIn({ nodes, flows }: WorkflowGraph): ReadonlySet<string> {
  const onFlows = new Set(flows.flatMap(({ sourceId, targetId }) => [sourceId, targetId]));
  return new Set(
    nodes.flatMap(({ id, type, trigger, isForCompensation }) => {
      const undoes = isForCompensation === true || (type === 'boundaryEvent' && trigger?.kind === 'compensate');
      return undoes && !onFlows.has(id) ? [id] : [];
    }),
  );
}
