import type { Readable } from 'node:stream';
import { ContentDescriptor, type IntentSubmission, PolicyDecision, Session } from '@intendant/intent-model';
import type { z } from 'zod';
import { checkedKey, checkedLimits, checkedTime, checkedWaitS } from './arguments.js';
import { type ContentSource, openSource } from './content-source.js';
import { StillRunning, UnexpectedReply } from './failures.js';
import { type FollowOptions, followEvents } from './followed-events.js';
import { type ClientPorts, systemPorts } from './ports.js';
import { queryOf } from './query.js';
import * as replies from './replies.js';
import { type RetryLimits, usualRetryLimits } from './retry.js';
import { type Call, headerOf, type Reply, type TokenSource, Transport } from './transport.js';

export interface ClientOptions {
  /** Where the Runtime answers, such as `http://127.0.0.1:7400`; a path is kept as a prefix. */
  readonly url: string;
  readonly token: TokenSource;
  readonly retry?: Partial<RetryLimits>;
  /** Certificate authority of the server, as PEM. */
  readonly ca?: string;
  readonly ports?: Partial<ClientPorts>;
}

/** An intent as a caller writes it; identity comes from the token, the key from the options. */
export type IntentDraft = Omit<IntentSubmission, 'idempotencyKey'>;

/** A signal as a caller writes it. */
export interface SignalDraft {
  readonly signalType: string;
  readonly payload?: object;
  readonly reason?: string;
  /** UUID; the same one again is the same signal. */
  readonly signalId?: string;
}

export interface SubmitOptions {
  /** Names this submission: the same key again gives the same execution. A fresh one unless told. */
  readonly idempotencyKey?: string;
  /** Seconds the server may wait for the result, a whole number up to `WAIT_S_MAX`; 0 unless told. */
  readonly waitS?: number;
  readonly signal?: AbortSignal;
}

export interface Submitted {
  readonly execution: replies.ResultReply;
  /** The key was known: this is the execution of an earlier submission. */
  readonly replayed: boolean;
  readonly idempotencyKey: string;
}

/** What narrows a list; an absent member does not. `from` is included, `to` is not. */
interface ListFilter {
  readonly sessionId?: string;
  readonly intentType?: string;
  readonly from?: string;
  readonly to?: string;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
  /** Where what the answer must know of was recorded: an execution, a session, `audit`, `content` or `refusals`. Lists follow the log. */
  readonly waitFor?: string;
}

export interface ExecutionFilter extends ListFilter {
  readonly status?: string;
}

export interface RecordFilter extends ListFilter {
  readonly executionId?: string;
  readonly type?: string;
}

export interface ReferenceFilter {
  readonly executionId?: string;
  readonly type?: string;
  readonly cursor?: string;
  readonly limit?: number;
  readonly waitFor?: string;
}

export interface LineageOptions {
  readonly direction?: replies.LineageDirection;
  readonly depth?: number;
  readonly waitFor?: string;
}

export interface MashOptions {
  readonly queryType?: replies.MashQueryType;
  readonly depth?: number;
  readonly waitFor?: string;
}

/** The API of the Runtime, typed. Calls are repeated only where a repetition is the same call. */
export class IntendantClient {
  readonly #transport: Transport;
  readonly #ports: ClientPorts;

  constructor(options: ClientOptions) {
    this.#ports = { ...systemPorts, ...options.ports };
    const retry = checkedLimits({ ...usualRetryLimits, ...options.retry });
    this.#transport = new Transport({ ...options, ports: this.#ports, retry });
  }

  /** Not repeated when the answer was lost: the session may be open already. */
  openSession(context: Session['context'] = {}): Promise<Session> {
    return this.#post('/v1/sessions', { context }, Session, 'unsent');
  }

  getSession(sessionId: string): Promise<Session> {
    return this.#get(`/v1/sessions/${encodeURIComponent(sessionId)}`, Session);
  }

  closeSession(sessionId: string): Promise<Session> {
    const path = `/v1/sessions/${encodeURIComponent(sessionId)}`;
    return this.#json({ method: 'DELETE', path, repetition: 'always' }, Session);
  }

  /** Puts bytes where intents can refer to them by the `ref` of the answer. A stream is sent once, never again. */
  async stageContent(source: ContentSource, options: { sha256?: string } = {}): Promise<ContentDescriptor> {
    const { open, sizeBytes, repetition } = await openSource(source);
    const headers = {
      'content-type': 'application/octet-stream',
      ...(sizeBytes !== undefined && { 'content-length': String(sizeBytes) }),
    };
    const path = `/v1/content${queryOf({ sha256: options.sha256 })}`;
    return this.#json({ method: 'POST', path, headers, body: open, repetition }, ContentDescriptor);
  }

  /** The bytes of a reference or digest; the caller must read or destroy the stream. */
  async readContent(sha256: string): Promise<Readable> {
    const digest = sha256.replace(/^content:\/\//, '');
    const path = `/v1/content/${encodeURIComponent(digest)}`;
    return (await this.#transport.send({ method: 'GET', path, repetition: 'always' })).body;
  }

  /** Posts an intent; always with a key, so that a lost answer can be asked for again without a second execution. */
  async submit(intent: IntentDraft, options: SubmitOptions = {}): Promise<Submitted> {
    const idempotencyKey = checkedKey(options.idempotencyKey ?? this.#ports.newKey());
    const waitS = checkedWaitS(options.waitS ?? 0);
    const headers = { 'idempotency-key': idempotencyKey, ...(waitS > 0 && { prefer: `wait=${waitS}` }) };
    const call = { ...post('/v1/intents', intent, headers), expectedMs: waitS * 1_000, signal: options.signal };
    const { value, reply } = await this.#transport.json(call);
    const execution = checked(replies.ResultReply, value, call);
    return { execution, replayed: headerOf(reply, 'idempotent-replayed') === 'true', idempotencyKey };
  }

  /** What would become of an intent; accepts and records nothing. */
  validate(intent: IntentDraft): Promise<replies.JudgementReply> {
    return this.#post('/v1/intents/validate', intent, replies.JudgementReply);
  }

  execution(executionId: string): Promise<replies.ExecutionReply> {
    return this.#get(executionPath(executionId), replies.ExecutionReply);
  }

  status(executionId: string): Promise<replies.StatusReply> {
    return this.#get(executionPath(executionId, 'status'), replies.StatusReply);
  }

  state(executionId: string): Promise<replies.StateReply> {
    return this.#get(executionPath(executionId, 'state'), replies.StateReply);
  }

  result(executionId: string): Promise<replies.ResultReply> {
    return this.#get(executionPath(executionId, 'result'), replies.ResultReply);
  }

  decision(executionId: string): Promise<PolicyDecision> {
    return this.#get(executionPath(executionId, 'decision'), PolicyDecision);
  }

  /** One page of records; `nextAfter` of the answer is the `after` of the next. */
  events(executionId: string, page: { after?: number; limit?: number } = {}): Promise<replies.EventsReply> {
    return this.#get(executionPath(executionId, 'events') + queryOf(page), replies.EventsReply);
  }

  /** Every record as it becomes durable, until the execution settles. */
  stream(executionId: string, options: FollowOptions = {}): AsyncGenerator<replies.EventRecord, void> {
    return followEvents(this.#transport, this.#ports, executionId, () => this.status(executionId), options);
  }

  /** The result once the execution has settled; throws {@link StillRunning} when the time is over before. `Infinity` never is. */
  async waitFor(executionId: string, options: { timeoutMs?: number } = {}): Promise<replies.ResultReply> {
    const timeoutMs = checkedTime('timeoutMs', options.timeoutMs ?? 60_000);
    const { status, lastSeq } = await this.status(executionId);
    if (replies.isSettledStatus(status)) return this.result(executionId);
    const timeOver = new AbortController();
    const cancel = this.#ports.scheduler.after(timeoutMs, () => timeOver.abort());
    try {
      const records = this.stream(executionId, { after: lastSeq, signal: timeOver.signal });
      while ((await records.next()).done !== true);
    } finally {
      cancel();
    }
    if (timeOver.signal.aborted) throw new StillRunning(executionId, timeoutMs);
    return this.result(executionId);
  }

  /** Moves an execution from outside. A fresh id unless the draft has one, so that a lost answer can be asked for again. */
  sendSignal(executionId: string, draft: SignalDraft): Promise<replies.SignalReply> {
    const signal = { signalId: this.#ports.newKey(), ...draft };
    return this.#post(executionPath(executionId, 'signals'), signal, replies.SignalReply);
  }

  /** What was decided and applied, oldest first. */
  signals(executionId: string): Promise<replies.SignalsReply> {
    return this.#get(executionPath(executionId, 'signals'), replies.SignalsReply);
  }

  /** By its own id or by that of its decision. */
  signal(executionId: string, signalId: string): Promise<replies.SignalView> {
    return this.#get(executionPath(executionId, `signals/${encodeURIComponent(signalId)}`), replies.SignalView);
  }

  /** The ledger: every step of the plan with its undo. */
  saga(executionId: string): Promise<replies.SagaReply> {
    return this.#get(`/v1/sagas/${encodeURIComponent(executionId)}`, replies.SagaReply);
  }

  /** Executions that need a person, with owner and reason. */
  stuck(page: { cursor?: string; limit?: number; waitFor?: string } = {}): Promise<replies.StuckReply> {
    return this.#get(`/v1/sagas/stuck${queryOf(page)}`, replies.StuckReply);
  }

  /** Recorded each time: not repeated when the answer was lost, like every call that is another one the second time. */
  replay(executionId: string, mode: replies.ReplayMode): Promise<replies.ReplayReply> {
    return this.#post(executionPath(executionId, 'replay'), { mode }, replies.ReplayReply, 'unsent');
  }

  /** Checks an execution from its log alone; recorded as a replay is. */
  validateExecution(executionId: string): Promise<replies.ValidationReply> {
    return this.#post(executionPath(executionId, 'validate'), {}, replies.ValidationReply, 'unsent');
  }

  replaySession(sessionId: string, mode: replies.SessionReplayMode): Promise<replies.SessionReplayReply> {
    const path = `/v1/sessions/${encodeURIComponent(sessionId)}/replay`;
    return this.#post(path, { mode }, replies.SessionReplayReply, 'unsent');
  }

  listExecutions(filter: ExecutionFilter = {}): Promise<replies.ExecutionsReply> {
    return this.#get(`/v1/executions${queryOf(filter)}`, replies.ExecutionsReply);
  }

  walRecords(filter: RecordFilter = {}): Promise<replies.RecordsReply> {
    return this.#get(`/v1/wal/records${queryOf(filter)}`, replies.RecordsReply);
  }

  listReferences(filter: ReferenceFilter = {}): Promise<replies.DataReferencesReply> {
    return this.#get(`/v1/data/references${queryOf(filter)}`, replies.DataReferencesReply);
  }

  /** What is recorded about a reference; its bytes are read with {@link readContent}. */
  reference(referenceId: string, options: { waitFor?: string } = {}): Promise<replies.DataReference> {
    return this.#get(referencePath(referenceId) + queryOf(options), replies.DataReference);
  }

  /** Oldest first. */
  provenance(
    referenceId: string,
    page: { cursor?: string; limit?: number; waitFor?: string } = {},
  ): Promise<replies.ProvenanceReply> {
    return this.#get(referencePath(referenceId, 'provenance') + queryOf(page), replies.ProvenanceReply);
  }

  lineage(referenceId: string, options: LineageOptions = {}): Promise<replies.LineageReply> {
    return this.#get(referencePath(referenceId, 'lineage') + queryOf(options), replies.LineageReply);
  }

  /** To whom the caller, who owns the reference, has granted it. */
  grants(referenceId: string): Promise<replies.GrantsReply> {
    return this.#get(referencePath(referenceId, 'grants'), replies.GrantsReply);
  }

  /** Lets a user (`user:bob`) or whoever holds a role (`role:reviewer`) use a reference of the caller's. */
  grant(referenceId: string, grantee: string): Promise<replies.GrantsReply> {
    return this.#post(referencePath(referenceId, 'grants'), { grantee }, replies.GrantsReply);
  }

  /** Takes a grant back, from the next decision on. */
  revokeGrant(referenceId: string, grantee: string): Promise<replies.GrantsReply> {
    const path = `${referencePath(referenceId, 'grants')}/${encodeURIComponent(grantee)}`;
    return this.#json({ method: 'DELETE', path, repetition: 'always' }, replies.GrantsReply);
  }

  /** Compares what is recorded about several references; moves none of them. */
  mash(references: readonly string[], options: MashOptions = {}): Promise<replies.MashReply> {
    const { waitFor, ...rest } = options;
    return this.#post(`/v1/data/mash${queryOf({ waitFor })}`, { references, ...rest }, replies.MashReply);
  }

  /** Newest first; `nextBefore` of the answer is the `before` of the next page. A short page is the last only without it. */
  refusals(page: { before?: number; limit?: number } = {}): Promise<replies.RefusalsReply> {
    return this.#get(`/v1/refusals${queryOf(page)}`, replies.RefusalsReply);
  }

  refusal(refusalId: string): Promise<replies.RefusalReply> {
    return this.#get(`/v1/refusals/${encodeURIComponent(refusalId)}`, replies.RefusalReply);
  }

  /** How publishing of domain events fares, with the tenant's dead letters. */
  outbox(): Promise<replies.OutboxReply> {
    return this.#get('/v1/outbox', replies.OutboxReply);
  }

  /** The domain events of an execution, and whether they are published. */
  outboxEntries(executionId: string): Promise<replies.OutboxEntriesReply> {
    return this.#get(`/v1/outbox/entries${queryOf({ executionId })}`, replies.OutboxEntriesReply);
  }

  /** Has a dead letter published once more. */
  redriveDeadLetter(eventId: string): Promise<replies.RedriveReply> {
    return this.#post(`/v1/outbox/dead-letters/${encodeURIComponent(eventId)}/redrive`, {}, replies.RedriveReply);
  }

  /** Counts of executions by outcome and intent type, over the last day unless told. */
  executionMetrics(
    options: { range?: replies.MetricsRange; waitFor?: string } = {},
  ): Promise<replies.ExecutionMetricsReply> {
    return this.#get(`/v1/metrics/executions${queryOf(options)}`, replies.ExecutionMetricsReply);
  }

  /** How far lists are behind the log. */
  readModel(): Promise<replies.ReadModelReply> {
    return this.#get('/v1/read-model', replies.ReadModelReply);
  }

  /** Has every list made anew from the log. */
  rebuildReadModel(): Promise<replies.RebuildReply> {
    return this.#post('/v1/read-model/rebuild', {}, replies.RebuildReply, 'unsent');
  }

  /** Publishing the same bundle again changes nothing. */
  publishPolicy(bundle: object): Promise<replies.PolicyReply> {
    return this.#post('/v1/policies', bundle, replies.PolicyReply);
  }

  /** Waits for running calls. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Breaks running calls off. */
  destroy(): Promise<void> {
    return this.#transport.destroy();
  }

  #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#json({ method: 'GET', path, repetition: 'always' }, schema);
  }

  #post<T>(path: string, body: object, schema: z.ZodType<T>, repetition: Call['repetition'] = 'always'): Promise<T> {
    return this.#json({ ...post(path, body), repetition }, schema);
  }

  async #json<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    const { value }: { value: unknown; reply: Reply } = await this.#transport.json(call);
    return checked(schema, value, call);
  }
}

const executionPath = (executionId: string, part = ''): string =>
  `/v1/executions/${encodeURIComponent(executionId)}${part && `/${part}`}`;

const referencePath = (referenceId: string, part = ''): string =>
  `/v1/data/references/${encodeURIComponent(referenceId)}${part && `/${part}`}`;

function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Call {
  const bytes = Buffer.from(JSON.stringify(body));
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: () => bytes,
    repetition: 'always',
  };
}

/** The answer as it came, once it is known to be what it should be. */
function checked<T>(schema: z.ZodType<T>, value: unknown, call: Call): T {
  const found = schema.safeParse(value);
  if (found.success) return value as T;
  const issue = found.error.issues[0];
  const where = `${call.method} ${call.path.split('?')[0]}`;
  throw new UnexpectedReply(`${where}: /${issue?.path.join('/') ?? ''} ${issue?.message ?? 'unknown shape'}`);
}
