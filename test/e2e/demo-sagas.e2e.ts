import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Cluster } from './cluster.js';
import { demo, demoText, shownInReadme } from './demo-run.js';
import { InsuranceLab, legacyRows, startInsuranceCluster } from './insurance-lab.js';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startInsuranceCluster();
});
afterAll(async () => cluster.lab.destroy());

describe('npm run demo -- --fail-at', () => {
  it('undoes what was done before the step, to the letter, as often as it is run', async () => {
    const golden = await demoText('demo.fail-at.golden.txt');
    for (let run = 0; run < 2; run += 1)
      expect(await demo(cluster.lab, '--fail-at=execute_migration')).toMatchObject({ code: 0, output: golden });
  });

  it.each(['route_policies', 'validate_results'])('also unwinds from %s', async (stepId) => {
    const { code, output } = await demo(cluster.lab, `--fail-at=${stepId}`);
    expect(output).toContain('both as before, row by row');
    expect(code).toBe(0);
  });

  it('says which steps are possible when another one is named', async () => {
    const { code, errors } = await demo(cluster.lab, '--fail-at=nothing');
    expect(code).toBe(1);
    expect(errors).toMatch(/"nothing"[\s\S]*--fail-at=execute_migration/);
  });
});

describe('npm run demo -- --crash-at', () => {
  it('kills the Runtime at the record, and the saga goes on, to the letter, as often as it is run', async () => {
    const golden = await demoText('demo.crash-at.golden.txt');
    for (let run = 0; run < 2; run += 1) {
      const killed = cluster.pidOf('runtime');
      expect(await demo(cluster.lab, '--crash-at=step.started:execute_migration')).toMatchObject({
        code: 0,
        output: golden,
      });
      expect(cluster.pidOf('runtime')).not.toBe(killed);
    }
  });

  it('kills nothing when the saga has no such record, and says which it has', async () => {
    const running = cluster.pidOf('runtime');
    const { code, errors } = await demo(cluster.lab, '--crash-at=step.started:nothing');
    expect(code).toBe(1);
    expect(errors).toMatch(/nothing was killed[\s\S]*execute_migration/);
    expect(cluster.pidOf('runtime')).toBe(running);
  });

  it('refuses what names no record', async () => {
    expect(await demo(cluster.lab, '--crash-at=Whenever')).toMatchObject({ code: 1 });
    expect(await demo(cluster.lab, '--crash-at=1', '--fail-at=route_policies')).toMatchObject({ code: 2 });
  });
});

describe('policies that are not of the demo', () => {
  it('are left where they are', async () => {
    const lab = await InsuranceLab.open(cluster);
    try {
      await lab.load(legacyRows(1));
      const before = lab.inspect().systemsDigest;
      const { code, errors } = await demo(cluster.lab, '--crash-at=step.started');
      expect(code).toBe(1);
      expect(errors).toContain(`${legacyRows(1)[0]?.policy_id} and maybe others`);
      expect(lab.inspect().systemsDigest).toBe(before);
    } finally {
      lab.close();
    }
  });
});

describe('the README', () => {
  it('shows what they print', async () => {
    for (const name of ['fail-at', 'crash-at']) {
      const text = await shownInReadme(`demo-${name}`);
      expect(text.length).toBeGreaterThan(100);
      expect(await demoText(`demo.${name}.golden.txt`)).toContain(text);
    }
  });
});
