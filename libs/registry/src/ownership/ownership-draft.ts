import type { OwnershipRenewal } from '@intendant/intent-model';
import { type Member, type OwnershipState, replicasOf, type Wish } from './ownership-state.js';

/** A state that is being changed, before it is one. */
export interface OwnershipDraft {
  settlesAtMs: number;
  readonly members: Map<string, Member>;
  owners: (string | null)[];
  wishes: (Wish | null)[];
}

export const draftOf = (state: OwnershipState): OwnershipDraft => ({
  settlesAtMs: state.settlesAtMs,
  members: new Map(state.members),
  owners: [...state.owners],
  wishes: [...state.wishes],
});

/** The draft as a state; the revision rises when somebody could be told something else. */
export function sealed(before: OwnershipState, draft: OwnershipDraft): OwnershipState {
  const after = { ...before, ...draft };
  return { ...after, revision: before.revision + (shown(before) === shown(after) ? 0 : 1) };
}

const shown = (state: OwnershipState): string => JSON.stringify([state.owners, state.wishes, replicasOf(state)]);

/** Removes who was not heard for a lease. What they owned goes to whom it was to go anyway, or is free. */
export function expire(draft: OwnershipDraft, leaseMs: number, atMs: number): void {
  for (const { replicaId, renewedAtMs } of draft.members.values())
    if (renewedAtMs + leaseMs <= atMs) draft.members.delete(replicaId);
  for (const [partition, owner] of draft.owners.entries()) {
    const wish = draft.wishes[partition];
    if (wish && !draft.members.has(wish.to)) draft.wishes[partition] = null;
    if (owner !== null && !draft.members.has(owner)) passOn(draft, partition);
  }
}

/** Takes in what a replica says of itself, what it gave up and what it holds. */
export function hear(draft: OwnershipDraft, said: OwnershipRenewal, leaseMs: number, atMs: number): void {
  if (draft.members.size === 0) begin(draft, said.partitionCount, atMs + leaseMs);
  const { replicaId, linkUrl, start, ready, draining } = said;
  const epochs = new Map(said.owned.map(({ partition, epoch }) => [partition, epoch]));
  const unreadySinceMs = ready ? null : (draft.members.get(replicaId)?.unreadySinceMs ?? atMs);
  const unable = new Set(said.unable);
  const member = { replicaId, linkUrl, start, ready, unreadySinceMs, draining, unable, renewedAtMs: atMs, epochs };
  draft.members.set(replicaId, member);
  for (const partition of said.released) if (draft.owners[partition] === replicaId) passOn(draft, partition);
  for (const [partition, epoch] of epochs) {
    const owner = draft.owners[partition] ?? null;
    // Two that each believe in their claim: while nothing was assigned here yet, the log decides, by its epochs.
    const outdone = atMs < draft.settlesAtMs && epoch > epochOf(draft, owner, partition);
    if (!said.released.includes(partition) && (owner === null || outdone)) draft.owners[partition] = replicaId;
    if (draft.wishes[partition]?.to === draft.owners[partition]) draft.wishes[partition] = null;
  }
}

/** From now on the one who is to follow knows it. */
export function tell(draft: OwnershipDraft, replicaId: string): void {
  for (const [partition, wish] of draft.wishes.entries())
    if (wish?.to === replicaId) draft.wishes[partition] = { to: replicaId, told: true };
}

/** Nobody was heard for a lease, as after a start: who lives and what they hold is to be heard first. */
function begin(draft: OwnershipDraft, partitionCount: number, settlesAtMs: number): void {
  draft.settlesAtMs = settlesAtMs;
  draft.owners = Array.from({ length: partitionCount }, () => null);
  draft.wishes = Array.from({ length: partitionCount }, () => null);
}

function passOn(draft: OwnershipDraft, partition: number): void {
  const heir = draft.members.get(draft.wishes[partition]?.to ?? '');
  draft.owners[partition] = heir === undefined || heir.draining || heir.unable.has(partition) ? null : heir.replicaId;
  draft.wishes[partition] = null;
}

const epochOf = (draft: OwnershipDraft, owner: string | null, partition: number): number =>
  draft.members.get(owner ?? '')?.epochs.get(partition) ?? -1;
