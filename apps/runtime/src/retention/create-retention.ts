import { LogArchive } from '@intendant/archive';
import { RemoteWal } from '@intendant/wal-remote';
import type { RuntimeEnv } from '../config.js';
import type { Foundation } from '../platform/foundation.js';
import type { RuntimeMetrics } from '../platform/metrics.js';
import { RetentionJob, type RetentionSettings } from './retention-job.js';

/** The job that archives what is held here, with its metrics; null when no archive is configured. */
export function createRetention(foundation: Foundation): RetentionJob | null {
  const { archiveStore, clock, env, log, logger, metrics, wal } = foundation;
  if (archiveStore === null) return null;
  const job = new RetentionJob(settingsOf(env), {
    archive: new LogArchive(archiveStore, wal.logId),
    wal,
    trimmable: wal instanceof RemoteWal ? wal : null,
    held: () => log.held.map(({ partition }) => partition),
    clock,
    logger,
  });
  observeRetention(job, metrics);
  return job;
}

function settingsOf(env: RuntimeEnv): RetentionSettings {
  const entriesKept = env.INTENDANT_RETENTION_ENTRIES_MIN;
  return {
    intervalMs: env.INTENDANT_ARCHIVE_INTERVAL_MS,
    entriesMin: env.INTENDANT_ARCHIVE_ENTRIES_MIN,
    ageMsMax: env.INTENDANT_ARCHIVE_AGE_MS_MAX,
    margins:
      entriesKept === undefined ? null : { entriesMin: entriesKept, ageMsMin: env.INTENDANT_RETENTION_AGE_MS_MIN },
  };
}

function observeRetention(job: RetentionJob, metrics: RuntimeMetrics): void {
  metrics.gauge('intendant_archive_lag_entries', 'Entries held here that are not archived', () => job.lagEntries);
  metrics.gauge(
    'intendant_archive_age_seconds',
    'Since every partition held here was looked at without a failure',
    () => job.ageMs / 1_000,
  );
  metrics.countOf('intendant_archive_entries_total', 'Entries archived', () => job.counts.archived);
  metrics.countOf(
    'intendant_archive_failures_total',
    'Partitions that could not be archived or trimmed',
    () => job.counts.failures,
  );
  metrics.countOf('intendant_log_trims_total', 'Times that a partition of the log was trimmed', () => job.counts.trims);
}
