import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { sagaCall } from '../testing/call-saga.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a suspended saga as code', () => {
  it('leaves nothing of its handler in memory', async () => {
    let held: WeakRef<object> | undefined;
    const { time, endpoint, outcome } = sagaCall(async (ctx) => {
      const large = { bytes: new Uint8Array(1_000_000) };
      held = new WeakRef(large);
      await ctx.step('work', async () => large.bytes.length);
      await ctx.sleep('a_year', 365 * 86_400_000);
      return large.bytes.length;
    });
    expect(await outcome()).toMatchObject({ status: 'suspended', seen: 0 });
    expect(held?.deref()).toBeDefined();
    for (let round = 0; round < 5 && held?.deref() !== undefined; round += 1) {
      await turn();
      collectGarbage();
    }
    expect([held?.deref(), endpoint.running, time.timersSet]).toEqual([undefined, 0, 0]);
  });
});
