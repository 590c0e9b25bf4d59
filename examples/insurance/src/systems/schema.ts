import { NUMBER_COLUMNS, TEXT_COLUMNS } from '../domain/legacy-policy.js';
import { LOCATIONS, MIGRATION_STATUSES, WAVE_STATUSES } from '../domain/tracking.js';

const oneOf = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

/** The new platform insures at most ten million; its table says so, and nothing before it does. */
const COVERAGE_LIMIT_CENTS_MAX = 1_000_000_000;

const LEGACY = `
CREATE TABLE IF NOT EXISTS legacy.policies (
  ${TEXT_COLUMNS.map((name) => (name === 'policy_id' ? 'policy_id TEXT PRIMARY KEY' : `${name} TEXT`)).join(', ')},
  ${NUMBER_COLUMNS.map((name) => `${name} INTEGER`).join(', ')},
  owned INTEGER NOT NULL DEFAULT 1 CHECK (owned IN (0, 1))
) STRICT;`;

const TARGET = `
CREATE TABLE IF NOT EXISTS target.policies (
  policy_id TEXT PRIMARY KEY,
  schema_version TEXT NOT NULL,
  document TEXT NOT NULL,
  document_digest TEXT NOT NULL,
  coverage_limit_cents INTEGER NOT NULL
    CONSTRAINT insurable_limit CHECK (coverage_limit_cents BETWEEN 1 AND ${COVERAGE_LIMIT_CENTS_MAX}),
  owned INTEGER NOT NULL CHECK (owned IN (0, 1))
) STRICT;
CREATE TABLE IF NOT EXISTS target.legal_holds (policy_id TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS target.readiness (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  accepting INTEGER NOT NULL,
  capacity INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO target.readiness VALUES (1, 1, 1000000);`;

const TRACKER = `
CREATE TABLE IF NOT EXISTS effects (
  idempotency_key TEXT PRIMARY KEY,
  operation TEXT NOT NULL,
  execution_id TEXT NOT NULL,
  step_id TEXT NOT NULL,
  set_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('applied', 'fenced')),
  result TEXT,
  calls INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS loaded_rows (policy_id TEXT PRIMARY KEY, row_digest TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ingested_sets (
  set_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('wave', 'extraction')),
  execution_id TEXT NOT NULL,
  wave_number INTEGER,
  wave_status TEXT CHECK (wave_status IN (${oneOf(WAVE_STATUSES)})),
  gates TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS members (
  set_id TEXT NOT NULL REFERENCES ingested_sets,
  policy_id TEXT NOT NULL,
  in_wave INTEGER NOT NULL,
  record TEXT NOT NULL,
  score REAL NOT NULL,
  canonical TEXT,
  canonical_digest TEXT,
  confidence REAL,
  route TEXT,
  position INTEGER,
  moved_by TEXT,
  PRIMARY KEY (set_id, policy_id)
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_wave_per_policy ON members (policy_id) WHERE in_wave = 1;
CREATE INDEX IF NOT EXISTS members_in_order ON members (set_id, position);
CREATE INDEX IF NOT EXISTS members_moved ON members (moved_by) WHERE moved_by IS NOT NULL;
CREATE TABLE IF NOT EXISTS tracked_policies (
  policy_id TEXT PRIMARY KEY,
  location TEXT NOT NULL CHECK (location IN (${oneOf(LOCATIONS)})),
  migration_status TEXT NOT NULL CHECK (migration_status IN (${oneOf(MIGRATION_STATUSES)})),
  wave_id TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS tracked_by_wave ON tracked_policies (wave_id);
CREATE TABLE IF NOT EXISTS quality_queue (policy_id TEXT PRIMARY KEY, wave_id TEXT NOT NULL, defects TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS canonical_policies (
  set_id TEXT NOT NULL,
  policy_id TEXT NOT NULL,
  schema_version TEXT NOT NULL,
  document TEXT NOT NULL,
  document_digest TEXT NOT NULL,
  PRIMARY KEY (set_id, policy_id)
) STRICT;
CREATE TABLE IF NOT EXISTS verdicts (
  effect_key TEXT PRIMARY KEY,
  set_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  finding TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS movements (
  ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_id TEXT NOT NULL,
  movement TEXT NOT NULL CHECK (movement IN ('migrated', 'rolled_back')),
  route TEXT NOT NULL,
  effect_key TEXT NOT NULL
) STRICT;`;

/** Everything that the three databases of a tenant hold; running it again changes nothing. */
export const SCHEMA = [LEGACY, TARGET, TRACKER].join('\n');
