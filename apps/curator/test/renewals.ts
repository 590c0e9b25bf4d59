import type { OwnershipRenewal } from '@intendant/intent-model';

export const renewalOf = (replicaId: string, more: Partial<OwnershipRenewal> = {}): OwnershipRenewal => ({
  replicaId,
  linkUrl: `https://${replicaId}.example:7402`,
  partitionCount: 4,
  nowMs: 0,
  owned: [],
  released: [],
  ready: true,
  draining: false,
  unable: [],
  ...more,
});
