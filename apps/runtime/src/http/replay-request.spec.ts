import type { FailureError } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { replayModeOf, sessionReplayModeOf } from './replay-request.js';

const fieldOf = (read: (body: Buffer) => unknown, body: object): string | undefined => {
  try {
    read(Buffer.from(JSON.stringify(body)));
  } catch (error) {
    return (error as FailureError).failure.field;
  }
  return undefined;
};

describe('the body of a replay', () => {
  it.each([
    [{ mode: 'events_only' }, undefined],
    [{ mode: 'events_only', x: 1 }, '/x'],
    [{ mode: 'events_only', 'a/b': 1 }, '/a~1b'],
    [{ mode: 'backwards' }, '/mode'],
    [{ mode: 'backwards', x: 1 }, '/mode'],
    [{}, '/mode'],
  ])('is refused naming the place that is wrong: %j', (body, field) => {
    expect(fieldOf(replayModeOf, body)).toBe(field);
    expect(fieldOf(sessionReplayModeOf, body)).toBe(field);
  });
});
