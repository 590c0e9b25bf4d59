import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type JsonValue } from '@intendant/kernel';
import { findingsOf, type Rerun, replayEvents, replayFully, replayState, validateExecution } from '@intendant/replay';
import { rerunInMemory, type WorldService } from '@intendant/testkit';
import type { LogRecord } from '@intendant/wal';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { contentIn, type RecordedExecution, recordedStory } from '../../testing/recorded-entries.js';
import { bytesOf } from '../../testing/recorded-history.js';
import { mappingCapabilities, validationCapabilities } from './capabilities/checking-capabilities.js';
import { intentOf } from './capabilities/contracts.js';
import { migrationCapabilities } from './capabilities/migration-capabilities.js';
import { otherCapabilities } from './capabilities/other-capabilities.js';
import { type OpenInsurance, openInsurance } from './open-insurance.js';

const STORY = recordedStory('insurance');
const TENANT = 't_atlantic_life';
const HANDLERS = [
  ...migrationCapabilities,
  ...mappingCapabilities,
  ...validationCapabilities,
  ...otherCapabilities,
].map(({ name }) => name);
/** Those that the story called for; all of them are in the sweep. */
const UNDOS = ['delete_ingested_data', 'revert_canonical_mapping', 'revert_routing', 'rollback_wave'].map(intentOf);

const recordsOf = ({ entries }: RecordedExecution): readonly LogRecord[] => entries.flatMap(({ records }) => records);
const named = (name: string): RecordedExecution => STORY.find((one) => one.name.endsWith(name)) as RecordedExecution;

describe.each(STORY.map((one) => [one.name, one] as const))('what was recorded once: %s', (_name, execution) => {
  const { executionId, status, stateDigest, eventsDigest, entries } = execution;

  it('decodes, is chained and passes every check for ever', () => {
    const report = validateExecution(executionId, entries);
    expect(report.checks.filter((one) => !one.passed)).toEqual([]);
    expect(report).toMatchObject({ valid: true, stateDigest });
  });

  it('folds to the state it had and replays to the events it had', () => {
    const { state, digest } = replayState(executionId, entries);
    expect([state.status, digest]).toEqual([status, stateDigest]);
    expect(replayEvents(entries).digest).toBe(eventsDigest);
  });
});

describe('the handlers that once did it', () => {
  let directory: string;
  let open: OpenInsurance;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'insurance-replay-'));
    open = openInsurance(directory);
  });
  afterEach(() => {
    open.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const references = ({ before }: Rerun) => contentIn(before.decision?.obligations?.allowedReferences ?? []);
  const again = (service: WorldService, execution: RecordedExecution, records = recordsOf(execution)) =>
    replayFully(execution.executionId, records, rerunInMemory([service], { bytes: bytesOf, references }));
  /** Over systems that are nobody's: their effects are as good as none. */
  const isolated = (): WorldService => ({
    ...open,
    participant: {
      isolated: true,
      getSupportedIntents: () => open.participant.getSupportedIntents(),
      handleIntent: (intent, context) => open.participant.handleIntent(intent, context),
    },
  });

  /** As somebody did beside the service once the wave had failed for it (test/e2e/insurance.e2e.ts). */
  const repairCulprit = (): void => {
    const { executionId, entries } = named('migration-failed');
    const { error } = replayState(executionId, entries).state;
    const details = error?.details as unknown as { readonly policyIds: readonly [string] };
    open
      .systemsOf(TENANT)
      .run('UPDATE legacy.policies SET coverage_limit_cents = 100000 WHERE policy_id = ?', details.policyIds[0]);
  };

  it('do the same again, one after the other over systems that began as empty', async () => {
    const equal = new Set<string>();
    for (const execution of STORY) {
      if (execution === named('migrated')) repairCulprit();
      const { steps } = await again(isolated(), execution);
      const failed = recordsOf(execution).flatMap(({ type, data }) => (type === 'step.failed' ? [data.stepId] : []));
      const verdicts = steps.map(({ stepId, direction, verdict, detail }) => [stepId, direction, verdict, detail]);
      expect([execution.name, ...verdicts.filter(([, , verdict]) => verdict !== 'equal')]).toEqual([
        execution.name,
        ...failed.map((stepId) => [stepId, 'forward', 'not_rerun', 'attempts that failed are not run again']),
      ]);
      for (const { capability, verdict } of steps) if (verdict === 'equal') equal.add(capability);
    }
    expect([...equal].sort()).toEqual([...HANDLERS, ...UNDOS].map((name) => `${name}@1.0.0`).sort());
    expect(open.inspect(TENANT)).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
  });

  it('are not run again where their effects would count, and that is no equality', async () => {
    const before = open.inspect(TENANT);
    // to tell where policies are has no effect
    for (const execution of STORY.filter((one) => one !== named('located'))) {
      const { equal, firstDivergence, steps } = await again(open, execution);
      expect([equal, firstDivergence, new Set(steps.map(({ verdict }) => verdict))]).toEqual([
        false,
        null,
        new Set(['not_rerun']),
      ]);
      expect(findingsOf({ steps }).join()).toContain('not_isolated');
    }
    expect(open.inspect(TENANT)).toEqual(before);
  });

  it('diverge from a record that says something else, which is named', async () => {
    await again(isolated(), named('-loaded'));
    const execution = named('migrated');
    const at = recordsOf(execution).findIndex(({ type }) => type === 'step.succeeded');
    const changed = withResult(recordsOf(execution), at);
    const replay = await again(isolated(), execution, changed);
    expect(replay.firstDivergence).toMatchObject({
      seq: changed[at]?.seq,
      stepId: 'ingest_legacy_data',
      pointer: '/artifacts/0/semanticPayload/policyCount',
    });
  });

  it('are not asked when a byte of the log was changed: its check names the record', () => {
    const { executionId, entries } = named('migrated');
    const [first, second, ...rest] = entries as [never, RecordedExecution['entries'][number]];
    const body = Buffer.from(second.body.toString().replace('"policyCount":100', '"policyCount":101'));
    const { checks, valid } = validateExecution(executionId, [first, { ...second, body }, ...rest]);
    expect([valid, checks.find(({ passed }) => !passed)]).toMatchObject([
      false,
      { check: 'log_complete', seq: second.firstSeq },
    ]);
  });
});

/** The records as they would be if the step had found one policy more. */
function withResult(records: readonly LogRecord[], succeeded: number): readonly LogRecord[] {
  const changed = structuredClone(records) as LogRecord[];
  const outcome = changed[succeeded] as Extract<LogRecord, { type: 'step.succeeded' }>;
  const recorded = changed.find(({ type, seq }) => type === 'artifact.recorded' && seq > outcome.seq);
  const event = changed.find(({ type, seq }) => type === 'event.emitted' && seq > outcome.seq);
  const { artifact } = (recorded as Extract<LogRecord, { type: 'artifact.recorded' }>).data;
  Object.assign(artifact.semanticPayload, { policyCount: 101 });
  const { eventType, data } = (event as Extract<LogRecord, { type: 'event.emitted' }>).data;
  const result = { artifacts: [artifact], events: [{ eventType, data }], stateChanges: [] };
  Object.assign(outcome.data, { outputDigest: digestOf(result as unknown as JsonValue) });
  return changed;
}
