import { MemoryWal } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import { CloudEvent, cloudEventsOf } from './cloud-event.js';
import { executionOf, OutboxLog } from './testing/outbox-log.js';

const execution = executionOf(0, 7);

describe('domain events as CloudEvents', () => {
  it('have an id, an order and an execution that the log gives them', async () => {
    const log = new OutboxLog(1);
    await log.emit(execution, { rows: 1 });
    const [, second] = await log.emit(execution, { rows: 2 }, { rows: 3 });
    expect(second).toEqual({
      specversion: '1.0',
      id: `${execution}/5`,
      source: '/intendant/acme',
      type: 'content.parsed',
      subject: execution,
      time: '2026-05-04T10:00:00.000Z',
      datacontenttype: 'application/json',
      data: { rows: 3 },
      tenantid: 'acme',
      executionid: execution,
      sequence: '5',
      eventid: `${execution}/main/1`,
      partitionkey: execution,
      correlationid: `of ${execution}`,
    });
    expect(CloudEvent.parse(second)).toEqual(second);
  });

  it('come from records of domain events only', async () => {
    const log = new OutboxLog(1, new MemoryWal(1));
    await log.emit(execution);
    const [entry] = await log.entries(0);
    expect(entry?.recordCount).toBe(1);
    expect(cloudEventsOf(entry as NonNullable<typeof entry>)).toEqual([]);
  });

  it('name attributes as the standard allows: lower-case letters and digits, at most 20', () => {
    for (const name of Object.keys(CloudEvent.shape)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });
});
