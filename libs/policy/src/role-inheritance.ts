import type { PolicyBundle } from '@intendant/intent-model';

/** Links of inheritance that may stand above one another: more, and nobody sees any more what a role may do. */
export const INHERITANCE_DEPTH_MAX = 10;

/**
 * What holding a role comes to: itself and all that it inherits. Each role is worked out once, however many paths lead
 * to it. The roles must have passed `inheritanceProblems`.
 */
export function reachOfRoles(roles: PolicyBundle['roles']): ReadonlyMap<string, ReadonlySet<string>> {
  const parentsOf = new Map(roles.map((role) => [role.name, role.inherits]));
  const reaches = new Map<string, ReadonlySet<string>>();
  const reachOf = (role: string): ReadonlySet<string> => {
    const known = reaches.get(role);
    if (known !== undefined) return known;
    const reach = new Set([role, ...(parentsOf.get(role) ?? []).flatMap((parent) => [...reachOf(parent)])]);
    reaches.set(role, reach);
    return reach;
  };
  for (const role of roles) reachOf(role.name);
  return reaches;
}

/** Roles, by index, that inherit from themselves or over too many links. */
export function inheritanceProblems(roles: PolicyBundle['roles']): { index: number; message: string }[] {
  const parentsOf = new Map(roles.map((role) => [role.name, role.inherits]));
  const depths = new Map<string, number>();
  const depthOf = (role: string, below: ReadonlySet<string>): number => {
    if (below.has(role)) return Number.POSITIVE_INFINITY;
    const known = depths.get(role);
    if (known !== undefined) return known;
    const path = new Set(below).add(role);
    let depth = 0;
    for (const parent of parentsOf.get(role) ?? []) depth = Math.max(depth, depthOf(parent, path) + 1);
    depths.set(role, depth);
    return depth;
  };
  const problems: { index: number; message: string }[] = [];
  for (const [index, role] of roles.entries()) {
    const depth = depthOf(role.name, new Set());
    if (depth === Number.POSITIVE_INFINITY)
      problems.push({ index, message: `role ${role.name} is in or above a cycle` });
    else if (depth > INHERITANCE_DEPTH_MAX)
      problems.push({ index, message: `role ${role.name} inherits over more than ${INHERITANCE_DEPTH_MAX} links` });
  }
  return problems;
}
