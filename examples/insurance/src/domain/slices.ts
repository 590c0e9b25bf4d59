import { ROUTES, type Route } from './routing-rules.js';

/** Policies of one route that stand next to each other in the order of execution. */
export interface Slice {
  readonly route: Route;
  /** Places in the wave, from 0, both included. */
  readonly firstPosition: number;
  readonly lastPosition: number;
}

/** Policies of one slice. */
export const SLICE_MAX = 25;

/** Slices that one call executes. */
export const SLICES_PER_BATCH = 4;

/** The order of execution: one route after the other, as the targets are fed; within a route the given order. */
export const inExecutionOrder = <P extends { readonly route: Route }>(policies: readonly P[]): readonly P[] =>
  ROUTES.flatMap((route) => policies.filter((policy) => policy.route === route));

/** The slices of policies that stand in the order of execution. */
export function slicesOf(policies: readonly { readonly route: Route }[]): readonly Slice[] {
  const slices: Slice[] = [];
  for (const [position, { route }] of policies.entries()) {
    const last = slices.at(-1);
    if (last?.route === route && position - last.firstPosition < SLICE_MAX)
      slices[slices.length - 1] = { ...last, lastPosition: position };
    else slices.push({ route, firstPosition: position, lastPosition: position });
  }
  return slices;
}
