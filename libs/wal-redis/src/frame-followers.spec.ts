import { START_CURSOR, Trimmed } from '@intendant/wal';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FrameFollowers, type FrameFollowersOptions } from './frame-followers.js';

afterEach(() => void jest.restoreAllMocks());

describe('a partition that could not be read', () => {
  it('is tried again soon, although the clock of the machine was set back meanwhile', async () => {
    const link = { get: () => Promise.reject(new Error('connection lost')), close: () => undefined };
    const followers = new FrameFollowers({
      link: link as unknown as FrameFollowersOptions['link'],
      seenKeyOf: String,
      readBehind: async () => [],
    });
    const hourAgoMs = Date.now() - 3_600_000;
    await new Promise<void>((resolve) => {
      const onTrouble = (error: Error | null): void => {
        if (error === null) resolve();
        else jest.spyOn(Date, 'now').mockReturnValue(hourAgoMs);
      };
      followers.follow(0, START_CURSOR, { onFrames: () => undefined, onTrouble });
    });
    await followers.close();
  });

  it('is told to have been dropped from, although its connection was lost before', async () => {
    const link = { get: () => Promise.reject(new Error('connection lost')), close: () => undefined };
    const dropped = new Trimmed(0, '9-0');
    const followers = new FrameFollowers({
      link: link as unknown as FrameFollowersOptions['link'],
      seenKeyOf: String,
      readBehind: () => Promise.reject(dropped),
    });
    const troubles: (Error | null)[] = [];
    await new Promise<void>((resolve) => {
      const onTrouble = (error: Error | null): void => {
        troubles.push(error);
        if (error === dropped) resolve();
      };
      followers.follow(0, START_CURSOR, { onFrames: () => undefined, onTrouble });
    });
    expect(troubles).toEqual([new Error('connection lost'), dropped]);
    await followers.close();
  });
});
