import type { LineageBound, LineageDirection, LineageEdge } from '@intendant/intent-model';

export interface LineageBounds {
  /** Steps from the nearest start. */
  readonly depth: number;
  readonly nodesMax: number;
  readonly edgesMax: number;
}

export interface LineageNode {
  readonly referenceId: string;
  /** Steps from the nearest start, 0 for a start. */
  readonly depth: number;
}

/**
 * Follows lineage breadth first, one look-up per level. Whoever walks answers {@link frontier} with the edges at it, until it
 * is empty. Each reference is on the frontier once, so a cycle ends like any other path; whatever the answers are, the walk
 * stays within its bounds.
 */
export class LineageWalk {
  readonly #depths = new Map<string, number>();
  readonly #edges = new Map<string, LineageEdge>();
  #frontier: readonly string[];
  #level = 0;
  #truncatedBy: LineageBound | null = null;

  constructor(
    starts: readonly string[],
    private readonly direction: LineageDirection,
    private readonly bounds: LineageBounds,
  ) {
    for (const start of starts) this.#depths.set(start, 0);
    this.#frontier = [...this.#depths.keys()];
  }

  /** References whose edges are wanted next; empty at the end. */
  get frontier(): readonly string[] {
    return this.#frontier;
  }

  /** Edges that may still be taken; a look-up of one more tells that there are too many. */
  get edgesLeft(): number {
    return this.bounds.edgesMax - this.#edges.size;
  }

  /** Nearest first. */
  get nodes(): LineageNode[] {
    return [...this.#depths].map(([referenceId, depth]) => ({ referenceId, depth }));
  }

  get edges(): LineageEdge[] {
    return [...this.#edges.values()];
  }

  /** Why the walk ended before the lineage did; null when it is whole. */
  get truncatedBy(): LineageBound | null {
    return this.#truncatedBy;
  }

  /** Takes the edges at the frontier, and goes one level further. Edges that are not at it are ignored. */
  extend(edges: readonly LineageEdge[]): void {
    const here = new Set(this.#frontier);
    const next: string[] = [];
    this.#level += 1;
    for (const edge of edges) {
      const { near, far } = endsOf(edge, this.direction);
      if (!here.has(near)) continue;
      this.#truncatedBy = this.#boundMetBy(edge, far);
      if (this.#truncatedBy !== null) break;
      if (!this.#depths.has(far)) next.push(far);
      this.#depths.set(far, this.#depths.get(far) ?? this.#level);
      this.#edges.set(keyOf(edge), edge);
    }
    if (next.length > 0 && this.#level >= this.bounds.depth) this.#truncatedBy ??= 'depth';
    this.#frontier = this.#truncatedBy === null ? next : [];
  }

  /** The bound that this edge, or the reference it leads to, would exceed. */
  #boundMetBy(edge: LineageEdge, far: string): LineageBound | null {
    const { nodesMax } = this.bounds;
    if (!this.#depths.has(far) && this.#depths.size >= nodesMax) return 'nodes';
    return !this.#edges.has(keyOf(edge)) && this.edgesLeft <= 0 ? 'edges' : null;
  }
}

const keyOf = ({ sourceReferenceId, referenceId, executionId, basis }: LineageEdge): string =>
  JSON.stringify([sourceReferenceId, referenceId, executionId, basis]);

/** Up to `limit` edges at these references. */
export type EdgeLookUp = (references: readonly string[], limit: number) => Promise<readonly LineageEdge[]>;

/** Walks to the end: until nothing is new, or a bound is met. */
export async function followLineage(walk: LineageWalk, lookUp: EdgeLookUp): Promise<LineageWalk> {
  while (walk.frontier.length > 0) walk.extend(await lookUp(walk.frontier, walk.edgesLeft + 1));
  return walk;
}

/** Steps from `start` to everything within `depth` of it, over edges that a walk has found. */
export function distancesFrom(
  start: string,
  edges: readonly LineageEdge[],
  direction: LineageDirection,
  depth: number,
): ReadonlyMap<string, number> {
  const byNear = new Map<string, string[]>();
  for (const edge of edges) {
    const { near, far } = endsOf(edge, direction);
    const known = byNear.get(near);
    if (known === undefined) byNear.set(near, [far]);
    else known.push(far);
  }
  const distances = new Map([[start, 0]]);
  for (const [referenceId, distance] of distances)
    if (distance < depth)
      for (const far of byNear.get(referenceId) ?? []) if (!distances.has(far)) distances.set(far, distance + 1);
  return distances;
}

const endsOf = ({ sourceReferenceId, referenceId }: LineageEdge, direction: LineageDirection) =>
  direction === 'upstream'
    ? { near: referenceId, far: sourceReferenceId }
    : { near: sourceReferenceId, far: referenceId };
