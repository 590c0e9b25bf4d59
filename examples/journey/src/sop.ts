import { orderNodes } from './graph-order.js';
import type { WorkflowFlow, WorkflowGraph, WorkflowNode } from './workflow-graph.js';

export interface SopNext {
  /** When this way is taken, as the workflow words it; null when it is the only way, or when the workflow does not say. */
  readonly when: string | null;
  /** Number of the step to go on with; null when the procedure ends. */
  readonly step: string | null;
  /** Outcome with which the procedure ends; null when it goes on or the end has no name. */
  readonly outcome: string | null;
}

export interface SopStep {
  /** `3`, or `3.1` within a sub-process. */
  readonly step: string;
  readonly kind: 'task' | 'decision' | 'parallel' | 'join' | 'event' | 'exception' | 'subprocess';
  /** Name in the workflow; null when it has none. */
  readonly title: string | null;
  /** Lane that does it. */
  readonly role: string | null;
  /** Documentation of the workflow element. */
  readonly instruction: string | null;
  /** Step whose exception this is. */
  readonly exceptionOf: string | null;
  readonly elementId: string;
  readonly next: readonly SopNext[];
}

export interface SopSection {
  readonly title: string | null;
  readonly triggers: readonly string[];
  readonly steps: readonly SopStep[];
}

/** One section per process: its nodes in graph order as numbered steps, gateways as decision points. */
export function sectionsOf(graph: WorkflowGraph): SopSection[] {
  const writer = new SopWriter(graph);
  return graph.processes.map(({ id, name }) => ({
    title: name,
    triggers: graph.nodes.flatMap((node) =>
      node.parentId === id && node.type === 'startEvent' && node.name ? [node.name] : [],
    ),
    steps: writer.stepsOf(id),
  }));
}

class SopWriter {
  readonly #nodes: ReadonlyMap<string, WorkflowNode>;
  readonly #outgoing = new Map<string, WorkflowFlow[]>();
  readonly #numbers = new Map<string, string>();

  constructor(private readonly graph: WorkflowGraph) {
    this.#nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    for (const flow of graph.flows) this.#outgoing.set(flow.sourceId, [...this.#flowsFrom(flow.sourceId), flow]);
    for (const { id } of graph.processes) this.#number(id, '');
  }

  stepsOf(containerId: string): SopStep[] {
    return this.#numbered(containerId).flatMap((node) => [this.#stepOf(node), ...this.stepsOf(node.id)]);
  }

  #number(containerId: string, prefix: string): void {
    this.#numbered(containerId).forEach(({ id }, index) => {
      this.#numbers.set(id, `${prefix}${index + 1}`);
      this.#number(id, `${prefix}${index + 1}.`);
    });
  }

  #numbered(containerId: string): WorkflowNode[] {
    const { reachable, unreachable } = orderNodes(this.graph, containerId);
    return [...reachable, ...unreachable].filter((node) => this.#kindOf(node) !== undefined);
  }

  /** What kind of step a node is; undefined for starts, ends and gateways where branches merely meet. */
  #kindOf(node: WorkflowNode): SopStep['kind'] | undefined {
    if (node.kind === 'activity')
      return this.graph.nodes.some(({ parentId }) => parentId === node.id) ? 'subprocess' : 'task';
    if (node.kind === 'event') {
      if (node.type === 'boundaryEvent') return 'exception';
      return node.type === 'startEvent' || node.type === 'endEvent' ? undefined : 'event';
    }
    const splits = this.#flowsFrom(node.id).length > 1;
    if (node.type === 'parallelGateway') return splits ? 'parallel' : 'join';
    return splits ? 'decision' : undefined;
  }

  #stepOf(node: WorkflowNode): SopStep {
    return {
      step: this.#numbers.get(node.id) ?? '',
      kind: this.#kindOf(node) ?? 'task',
      title: node.name,
      role: node.lane,
      instruction: node.documentation,
      exceptionOf: this.#numbers.get(node.attachedToId ?? '') ?? null,
      elementId: node.id,
      next: this.#nextAfter(node),
    };
  }

  /** A node that no flow leaves ends the procedure. */
  #nextAfter({ id }: WorkflowNode): SopNext[] {
    const flows = this.#flowsFrom(id);
    return flows.length === 0 ? [{ when: null, step: null, outcome: null }] : flows.map((flow) => this.#nextOf(flow));
  }

  #nextOf(flow: WorkflowFlow): SopNext {
    const when = flow.name ?? flow.condition ?? (flow.isDefault ? 'otherwise' : null);
    const target = this.#behindMerges(flow.targetId);
    if (target?.type === 'endEvent') return { when, step: null, outcome: target.name };
    return { when, step: this.#numbers.get(target?.id ?? '') ?? null, outcome: null };
  }

  /** The node that follows, through gateways where branches merely meet; a loop of nothing but those ends the search. */
  #behindMerges(nodeId: string): WorkflowNode | undefined {
    const passed = new Set<string>();
    let node = this.#nodes.get(nodeId);
    while (node && !this.#numbers.has(node.id) && node.kind === 'gateway' && !passed.has(node.id)) {
      passed.add(node.id);
      node = this.#nodes.get(this.#flowsFrom(node.id)[0]?.targetId ?? '');
    }
    return node;
  }

  #flowsFrom(nodeId: string): readonly WorkflowFlow[] {
    return this.#outgoing.get(nodeId) ?? [];
  }
}
