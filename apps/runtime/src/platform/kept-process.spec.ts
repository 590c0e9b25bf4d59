import { constants } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { KeptProcess, type KeptProcessOptions } from './kept-process.js';

/** Longer than a command line may be anywhere. */
const TOO_LONG = 'x'.repeat(8 * 1024 * 1024);

type Ended = Parameters<KeptProcessOptions['onEnded']>[0];

/** Of a process that cannot be started; resolves with how it ended, and what was said of it. */
function startInVain(options: Partial<KeptProcessOptions>) {
  const troubles: unknown[] = [];
  let kept: KeptProcess | undefined;
  const ended = new Promise<Ended>((resolve) => {
    kept = new KeptProcess({
      entry: 'nowhere.js',
      args: [],
      env: {},
      nodeArgs: [],
      priority: constants.priority.PRIORITY_NORMAL,
      nowMs: () => 0,
      onMessage: () => undefined,
      onEnded: resolve,
      onTrouble: (error) => void troubles.push(error),
      ...options,
    });
    kept.start();
  });
  return { kept: kept as KeptProcess, ended, troubles };
}

describe('a process that is kept', () => {
  const again = { code: null, signal: null, restartMs: 1_000 };

  it('is started again although the system refused to start it', async () => {
    const { kept, ended, troubles } = startInVain({ args: [TOO_LONG] });
    expect(await ended).toEqual(again);
    expect(troubles).toMatchObject([{ code: 'E2BIG' }]);
    await kept.stop();
  });

  it('is started again although its program was not there', async () => {
    const { kept, ended, troubles } = startInVain({ nodePath: '/nowhere/node' });
    expect(await ended).toEqual(again);
    expect(troubles).toMatchObject([{ code: 'ENOENT' }]);
    await kept.stop();
  });

  it('that never began can be stopped at once', async () => {
    const { kept } = startInVain({ nodePath: '/nowhere/node' });
    await kept.stop();
    expect(kept.pid).toBeUndefined();
  });
});
