import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  executionCursor,
  executionPlaceOf,
  provenanceCursor,
  provenancePlaceOf,
  recordCursor,
  recordPlaceOf,
  referenceCursor,
  referencePlaceOf,
} from './cursors.js';

const anyInstant = fc
  .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const anyCount = fc.nat();

describe('cursors', () => {
  it('name the place they were made of', () => {
    fc.assert(
      fc.property(anyInstant, fc.string({ maxLength: 64 }), (acceptedAt, executionId) => {
        expect(executionPlaceOf(executionCursor({ acceptedAt, executionId }))).toEqual({ acceptedAt, executionId });
      }),
    );
    fc.assert(
      fc.property(anyInstant, fc.nat(1_023), anyCount, anyCount, (occurredAt, partition, position, seq) => {
        const place = { occurredAt, partition, position, seq };
        expect(recordPlaceOf(recordCursor(place))).toEqual(place);
        expect(provenancePlaceOf(provenanceCursor({ ...place, place: seq }))).toEqual({ ...place, place: seq });
      }),
    );
    const longest = { occurredAt: '2026-05-04T10:00:00.000Z', reference: '\u20ac'.repeat(256) };
    expect(referencePlaceOf(referenceCursor(longest))).toEqual(longest);
  });

  it.each(['0000-01-01T00:00:00.000Z', '2026-02-30T00:00:00.000Z', '2026-01-01T24:00:00.000Z'])(
    'with the instant %s, which PostgreSQL would refuse or nothing was recorded at, are refused',
    (occurredAt) => {
      const place = { occurredAt, partition: 1, position: 2, seq: 3, place: 4 };
      expect([
        executionPlaceOf(executionCursor({ acceptedAt: occurredAt, executionId: 'x' })),
        recordPlaceOf(recordCursor(place)),
        referencePlaceOf(referenceCursor({ occurredAt, reference: 'file_1' })),
        provenancePlaceOf(provenanceCursor(place)),
      ]).toEqual([null, null, null, null]);
    },
  );

  it('of another list or none are refused', () => {
    const execution = executionCursor({ acceptedAt: '2026-05-04T10:00:00.000Z', executionId: 'exe_1' });
    const record = recordCursor({ occurredAt: '2026-05-04T10:00:00.000Z', partition: 1, position: 2, seq: 3 });
    expect(executionPlaceOf(record)).toBeNull();
    expect(recordPlaceOf(execution)).toBeNull();
    expect(provenancePlaceOf(record)).toBeNull();
    expect(referencePlaceOf(record)).toBeNull();
    expect(referencePlaceOf(referenceCursor({ occurredAt: 'now', reference: 'file_1' }))).toBeNull();
    expect(
      executionPlaceOf(executionCursor({ acceptedAt: '2026-05-04T10:00:00.000Z', executionId: 'a\0b' })),
    ).toBeNull();
    for (const text of ['', 'x', 'bnVsbA', Buffer.from('[1,2]').toString('base64url'), 'A'.repeat(2_100)]) {
      expect(executionPlaceOf(text)).toBeNull();
      expect(recordPlaceOf(text)).toBeNull();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(executionPlaceOf(text)).toBeNull();
        expect(recordPlaceOf(text)).toBeNull();
        expect(referencePlaceOf(text)).toBeNull();
        expect(provenancePlaceOf(text)).toBeNull();
      }),
    );
  });
});
