import { z } from 'zod';
import { Sha256 } from '../names.js';
import { SessionId } from '../session.js';
import { ExecutionId, ShownObject } from './executions.js';
import { EventRecord } from './records.js';

/** Records of the log, or the state folded from them. */
export const ReplayMode = z.enum(['events_only', 'state_only']);
export type ReplayMode = z.infer<typeof ReplayMode>;

/** Body of every replay. */
export const ReplayRequest = z.strictObject({ mode: ReplayMode }).meta({ id: 'ReplayRequest' });

/** Of the records that the request and its outcome left in the tenant's audit stream. */
const ReplayId = z.string().regex(/^rpl_[0-9a-f]{32}$/);

/** `POST /v1/executions/{executionId}/replay`: `records`, or else `state`, `liveDigest` and `equal`. */
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
