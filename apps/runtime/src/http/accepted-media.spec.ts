import { describe, expect, it } from '@jest/globals';
import { prefersEventStream } from './accepted-media.js';

describe('what a caller of events accepts', () => {
  it.each([
    'text/event-stream',
    'TEXT/Event-Stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream;q=0.5',
    'application/json;q=0.5, text/event-stream',
    'application/json, text/event-stream',
    'text/event-stream, */*',
    'text/*',
    'application/json;q=0, */*',
  ])('is a stream: %s', (accept) => {
    expect(prefersEventStream(accept)).toBe(true);
  });

  it.each([
    undefined,
    '',
    '*/*',
    'application/json',
    'text/event-stream;q=0',
    'text/event-stream; Q=0.000',
    'application/json, text/event-stream;q=0.1',
    'text/event-stream;q=0, */*',
    'application/x-text/event-stream',
    'text/event-streams',
  ])('is JSON: %s', (accept) => {
    expect(prefersEventStream(accept)).toBe(false);
  });
});
