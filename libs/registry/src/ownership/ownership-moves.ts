import type { OwnershipState } from './ownership-state.js';

/** `reported`: its holder was heard of for the first time; `given`: it was free. */
export type MoveReason = 'lease_ran_out' | 'handed_over' | 'reported' | 'given';

export interface Move {
  readonly partition: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: MoveReason;
}

/** What changed its owner between two states that follow each other. */
export function movesBetween(before: OwnershipState, after: OwnershipState): Move[] {
  const moves: Move[] = [];
  for (let partition = 0; partition < Math.max(before.owners.length, after.owners.length); partition += 1) {
    const from = before.owners[partition] ?? null;
    const to = after.owners[partition] ?? null;
    if (from !== to) moves.push({ partition, from, to, reason: reasonOf(after, partition, from, to) });
  }
  return moves;
}

function reasonOf(after: OwnershipState, partition: number, from: string | null, to: string | null): MoveReason {
  if (from !== null && !after.members.has(from)) return 'lease_ran_out';
  if (after.members.get(to ?? '')?.epochs.has(partition) === true) return 'reported';
  return from === null ? 'given' : 'handed_over';
}
