import { digestOf } from '@intendant/kernel';
import type { RecordData } from '../records.js';
import type { SAGA_RECORDS } from '../saga-records.js';
import { SAMPLE_IDS, sampleCapability, sampleError } from './samples.js';

const stepId = 'ingest';
const { name, version } = sampleCapability();
const capability = { name, version };
const op = { branch: '', ordinal: 1 };
const attempt = 1;
const retry = { attemptsMax: 5, capMs: 60_000, factor: 2, initialMs: 1_000, nonRetryableCodes: [] };
const idempotencyKey = digestOf([SAMPLE_IDS.tenantId, SAMPLE_IDS.executionId, stepId, 'undo']);
const childId = `exe_${'c1'.repeat(16)}`;
const signalId = '0190a5d4-7c7b-7000-8000-00000000515a';

/** Conforming data of the records of sagas. */
export const SAGA_SAMPLE_DATA = {
  'step.expanded': { count: 3, stepId },
  'step.skipped': { reason: 'tag dry_run', reasonCode: 'skip_tag', stepId },
  'step.resolved': { attempt, error: null, outcome: 'succeeded', outputDigest: digestOf('output'), stepId },
  'step.suspended': { attempt, seen: 0, stepId: 'main' },
  'step.resumed': { attempt, stepId: 'main' },
  'compensation.registered': {
    capability,
    input: { n: 1 },
    intent: 'content.parse',
    retry,
    service: 'content',
    stepId,
    timeoutMs: 30_000,
  },
  'compensation.started': { attempt, capability, idempotencyKey, inputDigest: digestOf({ n: 1 }), stepId },
  'compensation.succeeded': { attempt, outputDigest: digestOf('undone'), stepId },
  'compensation.failed': { attempt, error: sampleError(), outcome: 'definite', stepId },
  'compensation.retry_scheduled': {
    attempt: 2,
    permit: 'attempt 1 of 5 failed with upstream_down',
    stepId,
    timerId: `undo/${stepId}/2`,
    waitMs: 700,
  },
  'compensation.skipped': { reason: 'the step declares no compensation', reasonCode: 'no_compensator', stepId },
  'timer.cancelled': { timerId: `retry/${stepId}/2` },
  'fact.recorded': { key: 'rate', kind: 'fact', op, value: { chf: '0.98' } },
  'operation.observed': { id: 'gate', kind: 'signal' },
  'signal.awaited': {
    approval: true,
    dueAt: SAMPLE_IDS.at,
    name: 'release',
    op,
    prompt: 'Release wave 2?',
    waitId: 'gate',
  },
  'child.started': {
    childId,
    intentType: 'content.parse',
    op,
    payload: { n: 1 },
    payloadDigest: digestOf({ n: 1 }),
    stepId,
  },
  'child.settled': {
    childId,
    error: null,
    result: { artifacts: [], events: [], stateChanges: [] },
    status: 'completed',
    stepId,
  },
  'signal.decided': {
    decisionId: `dec_${'5d'.repeat(16)}`,
    effect: 'allow',
    payloadDigest: digestOf({}),
    policyRevision: 3,
    reason: 'maintenance',
    role: 'operator',
    signalId,
    signalType: 'pause',
  },
  'signal.applied': { payload: {}, signalId, signalType: 'pause' },
  'alert.raised': { level: 'CRITICAL', note: 'wave 2 is late' },
  'execution.paused': { reason: 'maintenance' },
  'execution.resumed': { from: 'paused', reason: 'maintenance is over' },
  'execution.compensating': {
    error: sampleError(false),
    permit: 'running → compensating',
    stepId,
    target: 'compensated',
  },
  'execution.compensated': { error: sampleError(false), stepId },
  'execution.cancelled': { reason: 'withdrawn', unresolved: [] },
} as const satisfies { [T in keyof typeof SAGA_RECORDS]: RecordData<T> };
