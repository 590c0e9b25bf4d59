import { z } from 'zod';
import { Sha256 } from '../names.js';
import { SessionId } from '../session.js';
import { ExecutionId, ShownObject } from './executions.js';
import { EventRecord } from './records.js';

/** Records of the log, the state folded from them, or the handlers run again. */
export const ReplayMode = z.enum(['events_only', 'state_only', 'full']);
export type ReplayMode = z.infer<typeof ReplayMode>;

/** One handler that was run again, or not. */
export const ReplayedStep = z
  .object({
    stepId: z.string(),
    direction: z.enum(['forward', 'undo']),
    /** `{name}@{version}` */
    capability: z.string(),
    /** Of the record that says how the handler ended; of the first operation that it did not do again, when that is how it diverged. */
    seq: z.int(),
    /** `not_rerun` is not `equal`: nobody knows. */
    verdict: z.enum(['equal', 'diverged', 'not_rerun']),
    expectedDigest: Sha256.nullable(),
    actualDigest: Sha256.nullable(),
    /** JSON Pointer of the first place in the result that differs; null when there is none, or it cannot be told. */
    pointer: z.string().nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'ReplayedStep' });
export type ReplayedStep = z.infer<typeof ReplayedStep>;

/** Body of every replay. */
export const ReplayRequest = z.strictObject({ mode: ReplayMode }).meta({ id: 'ReplayRequest' });

/** Body of a session's replay: its handlers are run again one execution at a time. */
export const SessionReplayRequest = z
  .strictObject({ mode: ReplayMode.exclude(['full']) })
  .meta({ id: 'SessionReplayRequest' });
export type SessionReplayMode = z.infer<typeof SessionReplayRequest>['mode'];

/** Of the records that the request and its outcome left in the tenant's audit stream. */
const ReplayId = z.string().regex(/^rpl_[0-9a-f]{32}$/);

/** `POST /v1/executions/{executionId}/replay`: `records`; `state`, `liveDigest` and `equal`; or `steps` and `equal`. */
export const ReplayReply = z
  .object({
    replayId: ReplayId,
    executionId: ExecutionId,
    mode: ReplayMode,
    digest: Sha256,
    records: z.array(EventRecord).optional(),
    state: ShownObject.optional(),
    /** Digest of the state that is served now. */
    liveDigest: Sha256.optional(),
    equal: z.boolean().optional(),
    /** `full`: every handler of the execution, in the order of its outcomes. */
    steps: z.array(ReplayedStep).optional(),
    /** `full`: the first step that did something else. */
    firstDivergence: ReplayedStep.nullable().optional(),
  })
  .meta({ id: 'ExecutionReplay' });
export type ReplayReply = z.infer<typeof ReplayReply>;

const CheckView = z
  .object({
    check: z.string(),
    passed: z.boolean(),
    /** Seq of the record that fails it, when one can be named. */
    seq: z.int().nullable(),
    finding: z.string().nullable(),
  })
  .meta({ id: 'ValidationCheck' });

/** `POST /v1/executions/{executionId}/validate`: what the log alone says. */
export const ValidationReply = z
  .object({
    replayId: ReplayId,
    executionId: ExecutionId,
    valid: z.boolean(),
    checks: z.array(CheckView),
    /** Null when the log does not fold. */
    stateDigest: Sha256.nullable(),
  })
  .meta({ id: 'ValidationReport' });
export type ValidationReply = z.infer<typeof ValidationReply>;

/** One stream of a session; `digest` is null, and nothing else is shown, when it does not verify. */
export const ReplayedStream = z
  .object({
    streamId: z.string(),
    digest: Sha256.nullable(),
    records: z.array(EventRecord).optional(),
    state: ShownObject.optional(),
  })
  .meta({ id: 'ReplayedStream' });
export type ReplayedStream = z.infer<typeof ReplayedStream>;

/** `POST /v1/sessions/{sessionId}/replay`: the session's own stream, then its executions. */
export const SessionReplayReply = z
  .object({
    replayId: ReplayId,
    sessionId: SessionId,
    mode: ReplayMode,
    digest: Sha256,
    streams: z.array(ReplayedStream),
    /** What is wrong, naming stream and seq. */
    findings: z.array(z.string()),
  })
  .meta({ id: 'SessionReplay' });
export type SessionReplayReply = z.infer<typeof SessionReplayReply>;
