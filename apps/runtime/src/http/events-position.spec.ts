import { describe, expect, it } from '@jest/globals';
import { positionAskedFor } from './events-position.js';

describe('after which record events are read on', () => {
  it('is said by Last-Event-ID, or else by the query', () => {
    expect([
      positionAskedFor('7', '3'),
      positionAskedFor(undefined, '3'),
      positionAskedFor(undefined, undefined),
    ]).toEqual([7, 3, 0]);
  });

  it('is refused under the name of what is malformed', () => {
    const field = (name: string) => expect.objectContaining({ failure: expect.objectContaining({ field: name }) });
    expect(() => positionAskedFor('x', '3')).toThrow(field('header last-event-id'));
    for (const after of ['-1', '']) expect(() => positionAskedFor(undefined, after)).toThrow(field('query after'));
    // a client that has seen no event yet
    expect(positionAskedFor('', '3')).toBe(0);
  });
});
