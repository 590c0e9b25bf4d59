export { WAIT_S_MAX } from './arguments.js';
export type { ContentSource } from './content-source.js';
export { ConnectionFailed, InvalidArgument, ProblemError, StillRunning, UnexpectedReply } from './failures.js';
export type { FollowOptions } from './followed-events.js';
export {
  type ClientOptions,
  type ExecutionFilter,
  IntendantClient,
  type IntentDraft,
  type LineageOptions,
  type MashOptions,
  type RecordFilter,
  type ReferenceFilter,
  type SignalDraft,
  type SubmitOptions,
  type Submitted,
} from './intendant-client.js';
export type { ClientPorts } from './ports.js';
export * from './replies.js';
export type { RetryLimits } from './retry.js';
export type { TokenSource } from './transport.js';
