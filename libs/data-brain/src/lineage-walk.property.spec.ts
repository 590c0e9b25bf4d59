import type { LineageDirection, LineageEdge } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distancesFrom, followLineage, LineageWalk } from './lineage-walk.js';

const WIDE = { depth: 32, nodesMax: 1_000, edgesMax: 5_000 };

/** Few references and many edges: graphs full of cycles, of edges to oneself, and of the same edge by two executions. */
const anyReference = fc.integer({ min: 0, max: 9 }).map((n) => `art_${n}`);
const anyEdge: fc.Arbitrary<LineageEdge> = fc.record({
  sourceReferenceId: anyReference,
  referenceId: anyReference,
  executionId: fc.constantFrom('exe_1', 'exe_2', null),
  basis: fc.constantFrom('cited' as const, 'given' as const),
});
const anyGraph = fc.array(anyEdge, { maxLength: 40 });
const anyDirection = fc.constantFrom<LineageDirection>('upstream', 'downstream');

const nearOf = (edge: LineageEdge, direction: LineageDirection): string =>
  direction === 'upstream' ? edge.referenceId : edge.sourceReferenceId;
const farOf = (edge: LineageEdge, direction: LineageDirection): string =>
  direction === 'upstream' ? edge.sourceReferenceId : edge.referenceId;

/** Walks over a graph in memory, as over a store; tells how often it was asked. */
async function walked(
  graph: readonly LineageEdge[],
  starts: readonly string[],
  direction: LineageDirection,
  bounds: typeof WIDE,
) {
  const asked: string[][] = [];
  const walk = await followLineage(new LineageWalk(starts, direction, bounds), async (references, limit) => {
    asked.push([...references]);
    return graph.filter((edge) => references.includes(nearOf(edge, direction))).slice(0, limit);
  });
  return { walk, asked };
}

/** What is reachable, said once more and as plainly as can be: by steps, until nothing is new. */
function plainly(graph: readonly LineageEdge[], start: string, direction: LineageDirection, depth: number) {
  const depths = new Map([[start, 0]]);
  for (let level = 1; level <= depth; level += 1)
    for (const edge of graph)
      if (depths.get(nearOf(edge, direction)) === level - 1 && !depths.has(farOf(edge, direction)))
        depths.set(farOf(edge, direction), level);
  return depths;
}

describe('a walk over lineage', () => {
  it('finds everything within the depth, each at its shortest distance, whatever cycles there are', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, anyReference, anyDirection, fc.integer({ min: 1, max: 12 }), async (...given) => {
        const [graph, start, direction, depth] = given;
        const { walk } = await walked(graph, [start], direction, { ...WIDE, depth });
        const found = new Map(walk.nodes.map((node) => [node.referenceId, node.depth]));
        expect(found).toEqual(plainly(graph, start, direction, depth));
      }),
    );
  });

  it('asks for each reference once, nearest first, and ends', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, fc.uniqueArray(anyReference, { maxLength: 4 }), anyDirection, async (...given) => {
        const [graph, starts, direction] = given;
        const { walk, asked } = await walked(graph, starts, direction, WIDE);
        const references = asked.flat();
        expect(new Set(references).size).toBe(references.length);
        expect(walk.truncatedBy).toBeNull();
        const depths = walk.nodes.map(({ depth }) => depth);
        expect(depths).toEqual([...depths].sort((one, other) => one - other));
      }),
    );
  });

  it('has no edge without its ends, none twice, and all there are between what it looked at', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, anyReference, anyDirection, async (graph, start, direction) => {
        const { walk } = await walked(graph, [start], direction, WIDE);
        const nodes = new Set(walk.nodes.map(({ referenceId }) => referenceId));
        const expected = new Set(
          graph.filter((edge) => nodes.has(nearOf(edge, direction))).map((edge) => JSON.stringify(Object.values(edge))),
        );
        const found = walk.edges.map((edge) => JSON.stringify(Object.values(edge)));
        expect(new Set(found).size).toBe(found.length);
        expect(new Set(found)).toEqual(expected);
        for (const edge of walk.edges) expect(nodes.has(farOf(edge, direction))).toBe(true);
      }),
    );
  });

  it('never exceeds its bounds, and says which one stopped it', async () => {
    const anyBounds = fc.record({
      depth: fc.integer({ min: 1, max: 5 }),
      nodesMax: fc.integer({ min: 1, max: 6 }),
      edgesMax: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(anyGraph, anyReference, anyDirection, anyBounds, async (graph, start, direction, bounds) => {
        const { walk } = await walked(graph, [start], direction, bounds);
        expect(walk.nodes.length).toBeLessThanOrEqual(bounds.nodesMax);
        expect(walk.edges.length).toBeLessThanOrEqual(bounds.edgesMax);
        for (const { depth } of walk.nodes) expect(depth).toBeLessThanOrEqual(bounds.depth);
        const whole = await walked(graph, [start], direction, WIDE);
        const misses = walk.nodes.length < whole.walk.nodes.length || walk.edges.length < whole.walk.edges.length;
        if (misses) expect(walk.truncatedBy).not.toBeNull();
      }),
    );
  });

  it('takes nothing that it did not ask for', () => {
    const walk = new LineageWalk(['art_1'], 'upstream', WIDE);
    walk.extend([{ sourceReferenceId: 'art_3', referenceId: 'art_2', executionId: null, basis: 'cited' }]);
    expect([walk.nodes, walk.edges, walk.frontier]).toEqual([[{ referenceId: 'art_1', depth: 0 }], [], []]);
  });

  it('from several starts has what one from each would find', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, anyReference, anyReference, fc.integer({ min: 1, max: 5 }), async (...given) => {
        const [graph, one, other, depth] = given;
        const { walk } = await walked(graph, [one, other], 'upstream', { ...WIDE, depth });
        for (const start of [one, other]) {
          const distances = distancesFrom(start, walk.edges, 'upstream', depth);
          expect(distances).toEqual(plainly(graph, start, 'upstream', depth));
        }
      }),
    );
  });
});
