import type { OwnershipDraft } from './ownership-draft.js';
import type { Member } from './ownership-state.js';

/**
 * Gives what is free, and wishes moves until nobody has two partitions more than another: no more of them than that
 * takes. Nothing is taken from an owner here; a wish is a question to it.
 */
export function balance(draft: OwnershipDraft, settled: boolean): void {
  const open = [...draft.members.values()].filter(({ draining }) => !draining).sort(byId);
  const receivers = receiversAmong(open);
  forgetVainWishes(draft, receivers);
  if (receivers.length === 0) return;
  const load = loadOf(draft);
  const least = (): string => extreme(receivers, (a, b) => load.of(a) < load.of(b));
  for (const [partition, owner] of draft.owners.entries()) {
    if (owner === null && settled) {
      draft.owners[partition] = least();
      load.add(draft.owners[partition], 1);
    } else if (owner !== null && draft.members.get(owner)?.draining === true && !draft.wishes[partition])
      wish(draft, partition, least(), load);
  }
  if (!settled) return;
  const most = (): string => extreme(open, (a, b) => load.of(a) > load.of(b));
  for (let [from, to] = [most(), least()]; load.of(from) - load.of(to) > 1; [from, to] = [most(), least()])
    wish(draft, movable(draft, from, to), to, load);
}

/** Those who may be given something: who is ready; when nobody is, all that stay. */
function receiversAmong(open: readonly Member[]): readonly Member[] {
  const ready = open.filter((member) => member.ready);
  return ready.length > 0 ? ready : open;
}

function forgetVainWishes(draft: OwnershipDraft, receivers: readonly Member[]): void {
  const ids = new Set(receivers.map(({ replicaId }) => replicaId));
  for (const [partition, wished] of draft.wishes.entries())
    if (wished !== null && !ids.has(wished.to)) draft.wishes[partition] = null;
}

/** A partition that has or is to have `from` for its owner: best one that need not move then, or moves anyway. */
function movable(draft: OwnershipDraft, from: string, to: string): number {
  const all = draft.owners.map((owner, partition) => ({
    partition,
    owner,
    wished: draft.wishes[partition]?.to ?? null,
  }));
  const found =
    all.find(({ owner, wished }) => wished === from && owner === to) ??
    all.find(({ wished }) => wished === from) ??
    all.find(({ owner, wished }) => wished === null && owner === from);
  if (found === undefined) throw new Error(`${from} has a load without a partition`);
  return found.partition;
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
