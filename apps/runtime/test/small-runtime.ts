import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CapabilityDefinition,
  type Failure,
  type LiveInstance,
  type PolicyDecision,
  type PolicyQuestion,
} from '@intendant/intent-model';
import { digestOf, IdSource, type Tracer } from '@intendant/kernel';
import { systemClock as clock, createLogger, systemScheduler as scheduler, type TlsFiles } from '@intendant/nest-kit';
import type { CapabilityInput } from '@intendant/participant';
import { LogWriter, Supervisor } from '@intendant/partition';
import { MemoryWal } from '@intendant/wal';
import { MemoryPartitionStore, storeBeside } from '@intendant/wal/testing';
import { ArtifactStore } from '../src/content/artifact-store.js';
import { LargePayloads } from '../src/content/large-payloads.js';
import { CallGrants } from '../src/dispatch/call-grants.js';
import { ParticipantConnections } from '../src/dispatch/participant-connections.js';
import { ParticipantDispatcher } from '../src/dispatch/participant-dispatcher.js';
import { Grants } from '../src/intake/grants.js';
import { Intake } from '../src/intake/intake.js';
import { PolicyQuestions } from '../src/intake/policy-questions.js';
import { ReferenceBook } from '../src/intake/references.js';
import { Refusals } from '../src/intake/refusals.js';
import { Sessions } from '../src/intake/sessions.js';
import { systemRandom } from '../src/platform/system.js';
import type { PolicyClient } from '../src/policy/policy-client.js';
import { RegistryView } from '../src/registry/registry-view.js';

const logger = createLogger('spec', 'fatal');

export const allowedFor =
  (executionMsMax: number) =>
  (question: PolicyQuestion): PolicyDecision => ({
    decisionId: question.decisionId,
    tenantId: question.principal.tenantId,
    effect: 'allow',
    steps: [],
    obligations: {
      executionMsMax,
      allowedReferences: [],
      boundaryContract: null,
      artifactPersistence: { default: 'persist', byResultType: {} },
    },
    code: null,
    reason: null,
    remedy: null,
    retryAfterMs: null,
    policyRevision: 1,
    policyDigest: digestOf('policy'),
    inputDigest: question.inputDigest,
    decidedBy: 'spec',
    decidedAt: new Date().toISOString(),
  });

export const allowed = allowedFor(5_000);

/** A capability of the service `content` that takes and gives any object. */
export const greeting = (terms: Pick<CapabilityInput, 'retry' | 'timeoutMs'>): CapabilityInput => ({
  name: 'content.greet',
  version: '1.0.0',
  realm: 'content',
  intents: ['content.greet'],
  inputContract: { type: 'object' },
  outputContract: { type: 'object' },
  determinism: 'deterministic',
  sideEffects: 'none',
  ...terms,
});

/** The door, the supervisor and the dispatcher of the Runtime over a log in memory; one participant is at `port`, or is called as `instance` says. */
export async function smallRuntime(options: {
  readonly tls: TlsFiles;
  readonly tracer: Tracer | null;
  readonly capability: CapabilityInput;
  readonly service: string;
  readonly port?: number;
  readonly instance?: Pick<LiveInstance, 'address' | 'requestKey'>;
  readonly onLate?: (outcome: string) => void;
  readonly callsPerInstanceMax?: number;
  readonly liveMax?: number;
  readonly decide?: (question: PolicyQuestion) => PolicyDecision;
  readonly knownRevision?: number;
  readonly closedBecause?: () => Failure | null;
}) {
  const { tls, tracer, service, port = 1, decide = allowed, liveMax } = options;
  const store = new MemoryPartitionStore();
  const wal = storeBeside(new MemoryWal(4), store);
  const log = new LogWriter(wal, clock);
  await log.claimAll();
  const random = systemRandom();
  const ids = new IdSource(clock, random);
  const limits = { bytesMax: 1_024 * 1_024, tenantBytesMax: 1_024 * 1_024 };
  const directory = await mkdtemp(join(tmpdir(), 'small-runtime-'));
  const content = new ArtifactStore(directory, limits);
  const payloads = new LargePayloads(content);
  const references = new ReferenceBook(store, log, payloads, new Grants(log, async () => []));
  const connections = new ParticipantConnections(tls, logger);
  const registry = new RegistryView(logger);
  const definition = CapabilityDefinition.parse(options.capability);
  const capability = { ...definition, service, digest: digestOf(definition) };
  const address = { transport: 'tcp' as const, host: '127.0.0.1', port };
  const serves = [`${definition.name}@${definition.version}`];
  const instances = [{ service, instanceId: 'one', address, serves, draining: false, ...options.instance }];
  registry.replace({ revision: 1, capabilities: [capability], instances });
  const grants = new CallGrants(random);
  const dispatcher = new ParticipantDispatcher({
    registry,
    connections,
    references,
    grants,
    payloads,
    content,
    dataPlaneUrl: () => 'https://127.0.0.1:1',
    logger,
    tracer,
    callsPerInstanceMax: options.callsPerInstanceMax ?? 100,
    onLate: (_delivery, outcome) => options.onLate?.(outcome),
  });
  const events = { applied: () => undefined, broken: () => undefined, halted: () => undefined };
  const supervisor = new Supervisor({ log, store, dispatcher, clock, scheduler, events, liveMax });
  const sessions = new Sessions(log, ids);
  const refusals = new Refusals(
    log,
    ids,
    scheduler,
    () => undefined,
    () => undefined,
  );
  const intake = new Intake({
    log,
    supervisor,
    sessions,
    refusals,
    questions: new PolicyQuestions(ids, references, log),
    policy: { decide: async (question: PolicyQuestion) => decide(question) } as unknown as PolicyClient,
    knownRevision: () => options.knownRevision ?? 1,
    registry,
    ids,
    clock,
    tracer,
    onAccepted: () => undefined,
    closedBecause: options.closedBecause ?? (() => null),
  });
  const close = async (): Promise<void> => {
    connections.closeAll();
    await refusals.flush();
    await rm(directory, { recursive: true });
  };
  return { intake, sessions, supervisor, dispatcher, log, grants, content, close };
}
