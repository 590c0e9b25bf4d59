import { type Failure, failure } from '@intendant/intent-model';
import { systemScheduler } from '@intendant/nest-kit';
import { ChildIntents } from '../intake/child-intents.js';
import { Intake } from '../intake/intake.js';
import { PolicyQuestions } from '../intake/policy-questions.js';
import { Refusals } from '../intake/refusals.js';
import { Sessions } from '../intake/sessions.js';
import type { Foundation } from './foundation.js';
import type { Peers } from './peers.js';
import type { Supervision } from './supervision.js';

/** Everything that meets a request before there is an execution. */
export function createDoor(foundation: Foundation, peers: Peers, supervision: Supervision) {
  const { references, supervisor } = supervision;
  const { wal, log, ids, clock, metrics, drain, freeSpace, telemetry, logger } = foundation;
  const sessions = new Sessions(log, ids);
  const refusals = new Refusals(
    log,
    ids,
    systemScheduler,
    (code) => metrics.refused.inc({ code }),
    (tenantId, counted, err) =>
      logger.warn({ err, tenantId, counted: Object.fromEntries(counted) }, 'counted refusals are lost'),
  );
  const questions = new PolicyQuestions(ids, references, log);
  const intake = new Intake({
    log,
    supervisor,
    sessions,
    refusals,
    questions,
    policy: peers.policy,
    knownRevision: (tenantId) => peers.policyWatch.revisionOf(tenantId),
    registry: peers.registry,
    ids,
    clock,
    tracer: telemetry?.tracer ?? null,
    onAccepted: (realm, sinceMs) => {
      metrics.accepted.inc({ realm });
      metrics.intake.observe((clock.nowMs() - sinceMs) / 1_000);
    },
    closedBecause: (): Failure | null => {
      if (drain.begun) return failure('shutting_down', 'the process is draining', { retryAfterMs: 1_000 });
      const refusal = wal.refusal();
      if (refusal !== null) return failure('wal_unavailable', refusal.message, { retryAfterMs: 1_000 });
      return freeSpace.shortage();
    },
  });
  supervision.bindChildren(new ChildIntents(intake, supervisor));
  return { sessions, refusals, questions, intake };
}
