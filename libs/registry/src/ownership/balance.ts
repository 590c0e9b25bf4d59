import type { OwnershipDraft } from './ownership-draft.js';
import type { Member } from './ownership-state.js';

/** What keeps a replica from being ready for longer than this, as a clock that is off, does not pass by itself. */
const UNREADY_LEASES_MAX = 6;

/**
 * Gives what is free, and wishes moves until nobody has two partitions more than another: no more of them than that
 * takes. Nothing is taken from an owner here; a wish is a question to it.
 */
export function balance(draft: OwnershipDraft, leaseMs: number, atMs: number): void {
  const settled = atMs >= draft.settlesAtMs;
  const open = [...draft.members.values()].filter(({ draining }) => !draining).sort(byId);
  const receivers = receiversAmong(open);
  forgetVainWishes(draft, receivers);
  if (receivers.length === 0) return;
  const load = loadOf(draft);
  const least = (partition: number): string =>
    extreme(ableAmong(receivers, partition), (a, b) => load.of(a) < load.of(b));
  for (const [partition, id] of draft.owners.entries()) {
    const owner = draft.members.get(id ?? '');
    if (id === null && settled) {
      draft.owners[partition] = least(partition);
      load.add(draft.owners[partition], 1);
    } else if (owner !== undefined && !draft.wishes[partition]) {
      const isBarred = !ableAmong([owner, ...receivers], partition).includes(owner);
      if (isBarred || isToLeave(owner, receivers, leaseMs, atMs)) wish(draft, partition, least(partition), load);
    }
  }
  if (!settled) return;
  for (let move = nextMove(draft, open, receivers, load); move !== null; move = nextMove(draft, open, receivers, load))
    wish(draft, move.partition, move.to, load);
}

/** From who has most to who has least, of what the latter can take; null when that is as even as it gets. */
function nextMove(
  draft: OwnershipDraft,
  open: readonly Member[],
  receivers: readonly Member[],
  load: Load,
): { readonly partition: number; readonly to: string } | null {
  const givers = [...open].sort((a, b) => load.of(b) - load.of(a));
  const takers = [...receivers].sort((a, b) => load.of(a) - load.of(b));
  for (const from of givers)
    for (const to of takers) {
      if (load.of(from) - load.of(to) <= 1) break;
      const partition = movable(draft, from.replicaId, to);
      if (partition !== undefined) return { partition, to: to.replicaId };
    }
  return null;
}

/** Those who can take a partition; when nobody can, all of them. */
function ableAmong(members: readonly Member[], partition: number): readonly Member[] {
  const able = members.filter(({ unable }) => !unable.has(partition));
  return able.length > 0 ? able : members;
}

/** It drains, or others can do for long what it cannot. */
function isToLeave(owner: Member, receivers: readonly Member[], leaseMs: number, atMs: number): boolean {
  if (owner.draining) return true;
  const { unreadySinceMs } = owner;
  const isLong = unreadySinceMs !== null && atMs - unreadySinceMs >= leaseMs * UNREADY_LEASES_MAX;
  return isLong && receivers.some(({ ready }) => ready);
}

/** Those who may be given something: who is ready; when nobody is, all that stay. */
function receiversAmong(open: readonly Member[]): readonly Member[] {
  const ready = open.filter((member) => member.ready);
  return ready.length > 0 ? ready : open;
}

function forgetVainWishes(draft: OwnershipDraft, receivers: readonly Member[]): void {
  for (const [partition, wished] of draft.wishes.entries())
    if (wished !== null && !ableAmong(receivers, partition).some(({ replicaId }) => replicaId === wished.to))
      draft.wishes[partition] = null;
}

/** A partition that has or is to have `from` for its owner: best one that need not move then, or moves anyway. */
function movable(draft: OwnershipDraft, from: string, { replicaId: to, unable }: Member): number | undefined {
  const all = draft.owners
    .map((owner, partition) => ({ partition, owner, wished: draft.wishes[partition]?.to ?? null }))
    .filter(({ partition }) => !unable.has(partition));
  const found =
    all.find(({ owner, wished }) => wished === from && owner === to) ??
    all.find(({ wished }) => wished === from) ??
    all.find(({ owner, wished }) => wished === null && owner === from);
  return found?.partition;
}

function wish(draft: OwnershipDraft, partition: number, to: string, load: Load): void {
  const owner = draft.owners[partition] ?? null;
  load.add(draft.wishes[partition]?.to ?? owner, -1);
  draft.wishes[partition] = owner === to ? null : { to, told: false };
  load.add(to, 1);
}

interface Load {
  of(replica: string | Member): number;
  add(replicaId: string | null | undefined, count: number): void;
}

/** How many partitions each will have when every wish has come true. */
function loadOf(draft: OwnershipDraft): Load {
  const counts = new Map<string, number>();
  const load: Load = {
    of: (replica) => counts.get(typeof replica === 'string' ? replica : replica.replicaId) ?? 0,
    add(replicaId, count) {
      if (replicaId) counts.set(replicaId, load.of(replicaId) + count);
    },
  };
  for (const [partition, owner] of draft.owners.entries()) load.add(draft.wishes[partition]?.to ?? owner, 1);
  return load;
}

const extreme = (members: readonly Member[], before: (a: Member, b: Member) => boolean): string =>
  members.reduce((best, one) => (before(one, best) ? one : best)).replicaId;

const byId = (a: Member, b: Member): number => (a.replicaId < b.replicaId ? -1 : 1);
