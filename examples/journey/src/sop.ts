import { compensationIn } from './compensation.js';
import { repetitionText, triggerText } from './element-texts.js';
import { orderNodes } from './graph-order.js';
import type { WorkflowFlow, WorkflowGraph, WorkflowNode } from './workflow-graph.js';

export interface SopNext {
  /** When this way is taken, as the workflow words it; null when it is the only way, or when the workflow does not say. */
  readonly when: string | null;
  /** Number of the step to go on with; null when the procedure ends. */
  readonly step: string | null;
  /** Outcome with which the procedure ends; null when it goes on or the end has no name. */
  readonly outcome: string | null;
  /** Number of the step with sub-steps that this way ends; left out where it ends none. */
  readonly completes?: string;
}

export const SOP_STEP_KINDS = [
  /** Where a start says more than that the first step comes next. */
  'start',
  'task',
  'decision',
  'parallel',
  'join',
  'inclusive_join',
  /** Waited for. */
  'event',
  /** Thrown for others to act on. */
  'send',
  /** Thrown, and nothing comes of it. */
  'milestone',
  'exception',
  'subprocess',
] as const;
export type SopStepKind = (typeof SOP_STEP_KINDS)[number];

export interface SopStep {
  /** `3`, or `3.1` within a sub-process. */
  readonly step: string;
  readonly kind: SopStepKind;
  /** Name in the workflow; null when it has none. */
  readonly title: string | null;
  /** Lane that does it. */
  readonly role: string | null;
  /** Documentation of the workflow element. */
  readonly instruction: string | null;
  /** Step whose exception this is. */
  readonly exceptionOf: string | null;
  /** What makes an event or exception happen, as the workflow words it: `timer PT24H`; left out where it does not say. */
  readonly trigger?: string;
  /** False for an exception beside which its step goes on; left out otherwise. */
  readonly interrupting?: false;
  /** How often it is done, in words; left out for once. */
  readonly repeats?: string;
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
      node.parentId === id && node.type === 'startEvent' ? (eventText(node) ?? []) : [],
    ),
    steps: writer.stepsOf(id),
  }));
}

/** Name of an event with what triggers it; undefined when it has neither. */
function eventText({ name, trigger }: WorkflowNode): string | undefined {
  if (trigger === undefined) return name ?? undefined;
  return name === null ? triggerText(trigger) : `${name} (${triggerText(trigger)})`;
}

const isConditional = ({ name, condition }: WorkflowFlow): boolean => name !== null || condition !== null;

/** Nobody decides there: what happens says which way is taken. */
const EVENT_GATEWAY = 'eventBasedGateway';

/** Ends that do not complete the sub-process they are in: what follows is an exception of it. */
const BREAKS_OFF = new Set(['error', 'cancel', 'escalation']);

class SopWriter {
  readonly #nodes: ReadonlyMap<string, WorkflowNode>;
  readonly #outgoing = new Map<string, WorkflowFlow[]>();
  readonly #incoming = new Map<string, number>();
  readonly #linked = new Set<string>();
  /** How many starts each process or sub-process has. */
  readonly #starts = new Map<string, number>();
  readonly #numbers = new Map<string, string>();
  readonly #compensation: ReadonlySet<string>;

  constructor(private readonly graph: WorkflowGraph) {
    this.#nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    this.#compensation = compensationIn(graph);
    for (const { type, parentId } of graph.nodes)
      if (type === 'startEvent') this.#starts.set(parentId, (this.#starts.get(parentId) ?? 0) + 1);
    for (const flow of graph.flows) {
      const others = this.#outgoing.get(flow.sourceId);
      if (others) others.push(flow);
      else this.#outgoing.set(flow.sourceId, [flow]);
      this.#incoming.set(flow.targetId, (this.#incoming.get(flow.targetId) ?? 0) + 1);
      if (flow.isLink) this.#linked.add(flow.sourceId).add(flow.targetId);
    }
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

  /** What kind of step a node is; undefined for plain starts, ends, links, compensation and gateways where branches merely meet. */
  #kindOf(node: WorkflowNode): SopStepKind | undefined {
    if (this.#compensation.has(node.id)) return undefined;
    if (node.kind === 'activity')
      return this.graph.nodes.some(({ parentId }) => parentId === node.id) ? 'subprocess' : 'task';
    if (node.kind === 'event') return this.#kindOfEvent(node);
    const flows = this.#flowsFrom(node.id);
    const splits = flows.length > 1;
    if (node.type === 'parallelGateway') return splits ? 'parallel' : 'join';
    if (!splits && node.type === 'inclusiveGateway' && (this.#incoming.get(node.id) ?? 0) > 1) return 'inclusive_join';
    if (!splits && !flows.some(isConditional)) return undefined;
    return node.type === EVENT_GATEWAY ? 'event' : 'decision';
  }

  #kindOfEvent(node: WorkflowNode): SopStepKind | undefined {
    const { id, type, trigger } = node;
    if (type === 'boundaryEvent') return 'exception';
    if (type === 'startEvent') return this.#startsOneWay(node) ? undefined : 'start';
    if (type === 'endEvent' || this.#linked.has(id)) return undefined;
    if (type !== 'intermediateThrowEvent') return 'event';
    return trigger === undefined ? 'milestone' : 'send';
  }

  /** Nothing but the beginning of the first step: the only start, and no condition behind it. */
  #startsOneWay({ id, parentId }: WorkflowNode): boolean {
    const flows = this.#flowsFrom(id);
    return this.#starts.get(parentId) === 1 && flows.length <= 1 && !flows.some(isConditional);
  }

  #stepOf(node: WorkflowNode): SopStep {
    const { trigger, interrupting } = this.#causeOf(node);
    return {
      step: this.#numbers.get(node.id) ?? '',
      kind: this.#kindOf(node) ?? 'task',
      title: node.name,
      role: node.lane,
      instruction: node.documentation,
      exceptionOf: this.#numbers.get(node.attachedToId ?? '') ?? null,
      ...(trigger && { trigger: triggerText(trigger) }),
      ...(node.type === EVENT_GATEWAY && { trigger: 'whichever happens first' }),
      ...(interrupting === false && { interrupting }),
      ...(node.repetition && { repeats: repetitionText(node.repetition) }),
      elementId: node.id,
      next: this.#nextAfter(node),
    };
  }

  /** What makes a step happen: an event itself, of a sub-process started by an event that start. */
  #causeOf(node: WorkflowNode): Pick<WorkflowNode, 'trigger' | 'interrupting'> {
    if (node.type !== 'eventSubProcess') return node;
    return this.graph.nodes.find(({ parentId, type }) => parentId === node.id && type === 'startEvent') ?? {};
  }

  /** A node that no flow leaves ends the procedure, or the sub-process that it is in. */
  #nextAfter(node: WorkflowNode, ended?: Set<string>): SopNext[] {
    const flows = this.#flowsFrom(node.id);
    return flows.length === 0 ? [this.#endOf(node, null, null, ended)] : flows.map((flow) => this.#nextOf(flow, ended));
  }

  /**
   * In a sub-process, the procedure goes on behind it: with the next step where there is one way only. A sub-process
   * whose way leads to an end within itself is behind itself: `ended` are those that this way has ended before.
   */
  #endOf(node: WorkflowNode, when: string | null, outcome: string | null, ended = new Set<string>()): SopNext {
    const holder = this.#nodes.get(node.parentId);
    const completes = this.#numbers.get(node.parentId);
    const breaksOff = node.type === 'endEvent' && BREAKS_OFF.has(node.trigger?.kind ?? '');
    if (holder === undefined || completes === undefined || breaksOff) return { when, step: null, outcome };
    const isOpen = this.#flowsFrom(holder.id).length > 1 || ended.has(holder.id);
    const behind = isOpen ? undefined : this.#nextAfter(holder, ended.add(holder.id))[0];
    const step = behind?.when === null ? behind.step : null;
    return { when, step, outcome, completes };
  }

  #nextOf(flow: WorkflowFlow, ended?: Set<string>): SopNext {
    const when = flow.name ?? flow.condition ?? (flow.isDefault ? 'otherwise' : this.#awaitedOn(flow));
    const target = this.#behindMerges(flow.targetId);
    if (target?.type === 'endEvent') {
      return this.#endOf(target, when, target.name ?? (target.trigger ? triggerText(target.trigger) : null), ended);
    }
    return { when, step: this.#numbers.get(target?.id ?? '') ?? null, outcome: null };
  }

  /** What happens on a way from a gateway of events: the event, or the task that receives it. */
  #awaitedOn({ sourceId, targetId }: WorkflowFlow): string | null {
    const target = this.#nodes.get(targetId);
    if (this.#nodes.get(sourceId)?.type !== EVENT_GATEWAY || target === undefined) return null;
    return eventText(target) ?? `unnamed (${target.id})`;
  }

  /** The node that follows, through links and gateways where branches merely meet; a loop of nothing but those ends the search. */
  #behindMerges(nodeId: string): WorkflowNode | undefined {
    const passed = new Set<string>();
    let node = this.#nodes.get(nodeId);
    while (node && !this.#numbers.has(node.id) && this.#isPassed(node) && !passed.has(node.id)) {
      passed.add(node.id);
      node = this.#nodes.get(this.#flowsFrom(node.id)[0]?.targetId ?? '');
    }
    return node;
  }

  #isPassed({ id, kind }: WorkflowNode): boolean {
    return kind === 'gateway' || this.#linked.has(id);
  }

  #flowsFrom(nodeId: string): readonly WorkflowFlow[] {
    return this.#outgoing.get(nodeId) ?? [];
  }
}
