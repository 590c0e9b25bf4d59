import { systemClock } from '@intendant/nest-kit';
import { LogWriter } from '@intendant/partition';
import { grantsOf, MemoryWal } from '@intendant/wal';
import { expect, it } from '@jest/globals';
import { Grants } from './grants.js';

const stream = grantsOf('acme', 'file_1');
const attribution = { tenantId: 'acme', sessionId: null, executionId: null, intentId: null, correlationId: 'c1' };

async function toggled() {
  const wal = new MemoryWal(1);
  const log = new LogWriter(wal, systemClock);
  await log.claimAll();
  let wholeReads = 0;
  let entriesRead = 0;
  const readStream = wal.readStream.bind(wal);
  wal.readStream = (streamId) => {
    wholeReads += 1;
    return readStream(streamId);
  };
  const newest = async (streamId: string, count: number) => {
    const read = [...(await readStream(streamId))].reverse().slice(0, count);
    entriesRead += read.length;
    return read;
  };
  const record = (type: 'grant.given' | 'grant.revoked', grantee: string) =>
    log.append(stream, attribution, [{ type, actor: 'user:ada', cause: null, data: { grantee, reference: 'file_1' } }]);
  const shown = async (grants: Grants) => (await grants.of('acme', 'file_1')).map(({ grantee }) => grantee);
  const anew = () => new Grants(log, newest);
  return { anew, record, shown, reads: () => [wholeReads, entriesRead] };
}

it('shows after every change what the whole stream says, oldest first', async () => {
  const { anew, record, shown } = await toggled();
  const grants = anew();
  expect(await shown(grants)).toEqual([]);
  for (const [type, grantee] of [
    ['grant.given', 'user:eve'],
    ['grant.given', 'role:auditor'],
    ['grant.revoked', 'user:eve'],
    ['grant.given', 'user:eve'],
    ['grant.revoked', 'role:auditor'],
  ] as const) {
    await record(type, grantee);
    expect(await shown(grants)).toEqual(await shown(anew()));
  }
  expect(await shown(grants)).toEqual(['user:eve']);
  for (let n = 0; n < 20; n += 1) await record(n % 2 === 0 ? 'grant.revoked' : 'grant.given', 'user:eve');
  await record('grant.given', 'user:bob');
  expect(await shown(grants)).toEqual(['user:eve', 'user:bob']);
});

it('reads a stream that was changed often once, and then only what is new', async () => {
  const { anew, record, shown, reads } = await toggled();
  const grants = anew();
  for (let n = 0; n < 500; n += 1) await record(n % 2 === 0 ? 'grant.given' : 'grant.revoked', 'user:eve');
  for (let look = 0; look < 3; look += 1) expect(await shown(grants)).toEqual([]);
  expect(reads()).toEqual([1, 0]);
  await record('grant.given', 'user:eve');
  expect(await shown(grants)).toEqual(['user:eve']);
  const [wholeReads, entriesRead] = reads();
  expect(wholeReads).toBe(1);
  expect(entriesRead).toBeLessThan(50);
});
