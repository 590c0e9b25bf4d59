import { createTestDatabase, hasServer, type TestDatabase, withoutServer } from '@intendant/nest-kit/testing/database';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '../cloud-event.js';
import { PlaceMoved, PublisherBusy } from '../outbox-ledger.js';
import { OUTBOX_START, type OutboxPlace } from '../outbox-place.js';
import { eventually } from '../testing/eventually.js';
import { executionOf, OutboxLog } from '../testing/outbox-log.js';
import { PostgresLedger } from './postgres-ledger.js';
import { PostgresOutbox } from './postgres-outbox.js';

const LOG = 'log-1';
const at = (position: number): OutboxPlace => ({
  position,
  hash: Buffer.alloc(32, position),
  eventsDone: 1,
  refusals: 2,
});
const NOTHING = { delivered: 0, dead: null };

(hasServer ? describe : describe.skip)(`the ledger in PostgreSQL${withoutServer}`, () => {
  let database: TestDatabase;
  let event: CloudEvent;
  const opened: { close(): Promise<void> }[] = [];
  const open = async (logId = LOG): Promise<PostgresLedger> => {
    const ledger = await PostgresLedger.open(database.url, logId, 3);
    opened.push(ledger);
    return ledger;
  };
  const view = (): PostgresOutbox => {
    const outbox = new PostgresOutbox(database.url, LOG, () => undefined);
    opened.push(outbox);
    return outbox;
  };
  beforeAll(async () => {
    database = await createTestDatabase('outbox');
    [event] = (await new OutboxLog(1).emit(executionOf(0), { n: 1 })) as [CloudEvent];
  });
  afterAll(() => database.drop());
  beforeEach(async () => void (await database.query('DROP SCHEMA IF EXISTS outbox CASCADE')));
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close().catch(() => undefined);
  });
  const deadAt = (position: number) => ({ event, partition: 1, position, reason: 'too large', attempts: 5 });

  it('begins at the start, and is found again where it was left', async () => {
    const ledger = await open();
    expect(await ledger.places()).toEqual([OUTBOX_START, OUTBOX_START, OUTBOX_START]);
    await ledger.advance(1, OUTBOX_START, at(7), NOTHING);
    await ledger.close();
    expect(await (await open()).places()).toEqual([OUTBOX_START, at(7), OUTBOX_START]);
    expect(await (await open('log-2')).places()).toEqual([OUTBOX_START, OUTBOX_START, OUTBOX_START]);
  });

  it('is one process’s at a time; the next one gets it when that is gone', async () => {
    const first = await open();
    await expect(open()).rejects.toThrow(PublisherBusy);
    await first.close();
    await eventually('the lock is free', open);
  });

  it('is the next one’s also when the host of the first is gone, and says no more that it ends', async () => {
    const first = await PostgresLedger.open(database.url, LOG, 3, 500);
    opened.push(first);
    await eventually('the lock is free', open);
    await expect(first.redrives()).rejects.toThrow();
  });

  it('moves from where it stands only, and keeps nothing of a step that fails', async () => {
    const ledger = await open();
    await ledger.places();
    await ledger.advance(1, OUTBOX_START, at(7), NOTHING);
    await expect(ledger.advance(1, OUTBOX_START, at(8), { delivered: 1, dead: deadAt(8) })).rejects.toThrow(PlaceMoved);
    expect(await view().deadLetters('acme', 10)).toEqual([]);
    expect((await ledger.places())[1]).toEqual(at(7));
  });

  it('tells when a position was published, and nothing of what was not', async () => {
    const ledger = await open();
    await ledger.places();
    await ledger.advance(1, OUTBOX_START, at(7), { delivered: 3, dead: null });
    await ledger.advance(1, at(7), at(9), NOTHING);
    const outbox = view();
    expect(await outbox.publishedAt(1, 6)).toEqual(expect.any(Date));
    expect(await outbox.publishedAt(1, 8)).toBeNull();
    expect(await outbox.positions()).toEqual(
      new Map([
        [0, 0],
        [1, 9],
        [2, 0],
      ]),
    );
  });

  it('shows a tenant its dead letters, and has them tried once more', async () => {
    const ledger = await open();
    await ledger.places();
    await ledger.advance(1, OUTBOX_START, at(7), { delivered: 0, dead: deadAt(7) });
    const outbox = view();
    const [letter] = await outbox.deadLetters('acme', 10);
    const { id: eventId, executionid: executionId, type: eventType } = event;
    expect(letter).toMatchObject({
      eventId,
      executionId,
      eventType,
      reason: 'too large',
      attempts: 5,
      redriveAsked: false,
    });
    expect(letter?.createdAt.toISOString()).toBe(event.time);
    expect(await outbox.deadLetters('globex', 10)).toEqual([]);
    expect(await outbox.askRedrive('globex', eventId)).toBe(false);
    for (const nobodys of ['nobody/1', 'a\0b']) expect(await outbox.askRedrive('acme', nobodys)).toBe(false);
    expect(await ledger.redrives()).toEqual([]);

    expect(await outbox.askRedrive('acme', eventId)).toBe(true);
    expect(await ledger.redrives()).toEqual([{ eventId, partition: 1, position: 7 }]);
    await ledger.redriven(eventId, 'still too large');
    expect([await ledger.redrives(), await outbox.deadCount()]).toEqual([[], 1]);
    expect(await outbox.deadLettersOf(executionId)).toMatchObject([{ reason: 'still too large', attempts: 6 }]);

    await outbox.askRedrive('acme', eventId);
    await ledger.redriven(eventId, null);
    expect([await ledger.redrives(), await outbox.deadCount()]).toEqual([[], 0]);
    expect(await outbox.deadLettersOf(executionId)).toMatchObject([{ redrivenAt: expect.any(Date) }]);
    expect(await outbox.askRedrive('acme', eventId)).toBe(false);
  });
});
