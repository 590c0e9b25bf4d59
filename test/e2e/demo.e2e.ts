import type { Lab } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCluster } from './cluster.js';
import { demo, demoText, shownInReadme } from './demo-run.js';

let lab: Lab;

beforeAll(async () => {
  lab = (await startCluster()).lab;
});
afterAll(async () => lab.destroy());

describe('npm run demo', () => {
  it('does what it says, to the letter, as often as it is run', async () => {
    const golden = await demoText('demo.golden.txt');
    for (let run = 0; run < 2; run += 1) expect(await demo(lab)).toMatchObject({ code: 0, output: golden });
  });

  it('is what the README shows', async () => {
    const text = await shownInReadme('demo');
    expect(text.length).toBeGreaterThan(500);
    expect(await demoText('demo.golden.txt')).toContain(text);
  });
});
