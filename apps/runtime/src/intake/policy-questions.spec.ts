import { CapabilityDefinition, type Principal } from '@intendant/intent-model';
import { digestOf, IdSource } from '@intendant/kernel';
import { systemClock } from '@intendant/nest-kit';
import { LogWriter } from '@intendant/partition';
import { MemoryWal } from '@intendant/wal';
import { MemoryPartitionStore, storeBeside } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { systemRandom } from '../platform/system.js';
import { Grants } from './grants.js';
import { PolicyQuestions } from './policy-questions.js';
import { ReferenceBook } from './references.js';
import type { Submission } from './submission.js';

const principal: Principal = { tenantId: 't_one', userId: 'ada', roles: [], mode: 'standard' };
const capability = (name: string, more: object) =>
  CapabilityDefinition.parse({
    name,
    version: '1.0.0',
    realm: name.split('.')[0],
    intents: ['cross_realm.data_mash'],
    inputContract: {},
    outputContract: {},
    determinism: 'deterministic',
    sideEffects: 'none',
    ...more,
  });

async function questionOf(more: object, ...capabilities: readonly CapabilityDefinition[]) {
  const store = new MemoryPartitionStore();
  const log = new LogWriter(storeBeside(new MemoryWal(1), store), systemClock);
  await log.claimAll();
  const references = new ReferenceBook(
    store,
    log,
    { putBack: () => Promise.reject() } as never,
    new Grants(log, async () => []),
  );
  const questions = new PolicyQuestions(new IdSource(systemClock, systemRandom()), references, log);
  const payload = { file: 'file_1', table: 'table_1', contract: `bct_${'0'.repeat(32)}`, ...more };
  const submission = { intentType: 'cross_realm.data_mash', payload, payloadDigest: digestOf(payload), body: {} };
  return questions.forIntent(principal, submission as unknown as Submission, null, capabilities, 0);
}

describe('what policy is asked of an intent that several capabilities answer together', () => {
  const first = capability('content.mash', { dataReferences: ['/file'] });
  const boundary = { phase: 'activate', contractPointer: '/contract' };
  const second = capability('insights.mash', { dataReferences: ['/file', '/table'], boundary });

  it('names the references of every one of them, each once', async () => {
    const { references } = await questionOf({}, first, second);
    expect(references.map(({ reference }) => reference)).toEqual(['file_1', 'table_1']);
  });

  it('names the boundary of whichever declares one', async () => {
    expect((await questionOf({}, first, second)).boundary).toEqual({ phase: 'activate', contract: null });
    expect((await questionOf({}, first)).boundary).toEqual({ phase: 'none' });
  });

  it('holds nothing of the payload but its digest and the references: how is governed, never what or why', async () => {
    const told = JSON.stringify(await questionOf({ note: 'for_nobody_else' }, first, second));
    for (const what of ['for_nobody_else', 'note']) expect(told).not.toContain(what);
    const question = await questionOf({}, first, second);
    expect(Object.keys(question).sort()).toEqual([
      'action',
      'boundary',
      'decisionId',
      'inputDigest',
      'principal',
      'realm',
      'references',
      'requestedExecutionMs',
      'session',
      'sessionRequired',
      'solutionId',
    ]);
  });
});
