import type { OwnershipRenewal, ReplicaStart } from '@intendant/intent-model';
import { balance } from './balance.js';
import { draftOf, expire, hear, sealed, tell } from './ownership-draft.js';
import type { Member, OwnershipState } from './ownership-state.js';

/** What happens to an assignment; `atMs` is of a clock that never goes back. */
export type OwnershipEvent =
  | { readonly type: 'renewed'; readonly atMs: number; readonly said: OwnershipRenewal }
  | { readonly type: 'time_passed'; readonly atMs: number }
  /** Nobody could be heard for so long, because this process did not run: that is nobody's fault. */
  | { readonly type: 'stalled'; readonly forMs: number };

/** Why a renewal is not taken. */
export type OwnershipRefusal =
  | { readonly reason: 'partition_count_differs'; readonly expected: number; readonly said: number }
  | { readonly reason: 'replica_id_in_use'; readonly linkUrl: string }
  /** By one that started later, under the same id and address. */
  | { readonly reason: 'replica_replaced'; readonly linkUrl: string };

/** The reason to refuse a renewal, or null. Who is refused is told nothing and changes nothing. */
export function ownershipRefusal(state: OwnershipState, said: OwnershipRenewal, atMs: number): OwnershipRefusal | null {
  const heard = [...state.members.values()].filter(({ renewedAtMs }) => renewedAtMs + state.leaseMs > atMs);
  const namesake = heard.find(({ replicaId }) => replicaId === said.replicaId);
  if (namesake !== undefined && namesake.linkUrl !== said.linkUrl)
    return { reason: 'replica_id_in_use', linkUrl: namesake.linkUrl };
  if (namesake !== undefined && isReplaced(said.start, namesake.start))
    return { reason: 'replica_replaced', linkUrl: namesake.linkUrl };
  if (heard.length > 0 && state.owners.length !== said.partitionCount)
    return { reason: 'partition_count_differs', expected: state.owners.length, said: said.partitionCount };
  return null;
}

/** Of two processes one only may be heard, always the same, in whatever order they come: else each deposes the other for ever. */
const isReplaced = (start: ReplicaStart | undefined, heard: ReplicaStart | undefined): boolean => {
  if (start === undefined || heard === undefined) return false;
  const laterMs = heard.startedAtMs - start.startedAtMs;
  return laterMs > 0 || (laterMs === 0 && heard.startId > start.startId);
};

/**
 * The assignment after an event. A partition leaves an owner that is heard only when that owner says it released it; who
 * is not heard for a lease owns nothing. When nobody was heard for a lease (a start), owners keep what they report, and
 * what nobody reports is given away only a lease after the first was heard. Safety does not rest on it: epochs do that.
 */
export function planOwnership(state: OwnershipState, event: OwnershipEvent): OwnershipState {
  if (event.type === 'stalled') return later(state, event.forMs);
  const { atMs } = event;
  const draft = draftOf(state);
  const said = event.type === 'renewed' && ownershipRefusal(state, event.said, atMs) === null ? event.said : null;
  expire(draft, state.leaseMs, atMs);
  if (said !== null) hear(draft, said, state.leaseMs, atMs);
  balance(draft, state.leaseMs, atMs);
  if (said !== null) tell(draft, said.replicaId);
  return sealed(state, draft);
}

function later(state: OwnershipState, forMs: number): OwnershipState {
  const members = new Map<string, Member>();
  for (const [id, member] of state.members) {
    const { renewedAtMs, unreadySinceMs } = member;
    const since = unreadySinceMs === null ? null : unreadySinceMs + forMs;
    members.set(id, { ...member, renewedAtMs: renewedAtMs + forMs, unreadySinceMs: since });
  }
  return { ...state, members, settlesAtMs: state.settlesAtMs + forMs };
}
