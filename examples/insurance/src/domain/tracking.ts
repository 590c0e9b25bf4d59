export const WAVE_STATUSES = [
  'planned',
  'scheduled',
  'in_progress',
  'completed',
  'failed',
  'cancelled',
  'rolled_back',
] as const;

/**
 * Where a policy is owned. A move is one transaction over all three databases, so that nobody ever reads `in_transit`
 * here; `unknown` is answered for a policy that no system holds.
 */
export const LOCATIONS = ['legacy_system', 'new_system', 'in_transit', 'coexistence', 'unknown'] as const;
export type Location = (typeof LOCATIONS)[number];

export const MIGRATION_STATUSES = [
  'not_started',
  'in_progress',
  'completed',
  'failed',
  'rolled_back',
  'validated',
] as const;
export type MigrationStatus = (typeof MIGRATION_STATUSES)[number];
