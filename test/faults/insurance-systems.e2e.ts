import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openInsurance } from '../../examples/insurance/src/index.js';

const ROUNDS = 15;
const MOVER = fileURLToPath(new URL('./participants/policy-mover.mjs', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'insurance-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Resolves when the process has committed its first transaction. */
const atWork = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the mover ended with ${code}`)));
  });

/** Kills a process that moves policies to and fro without a pause, somewhere amid its transactions. */
async function killedMover(afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [MOVER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await atWork(child);
  await pause(afterMs);
  child.kill('SIGKILL');
  await gone;
}

describe('legacy system, new system and tracker', () => {
  it(`agree about every policy after each of ${ROUNDS} kills amid their common transactions`, async () => {
    let moves = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await killedMover((round * 7) % 60);
      const opened = openInsurance(directory);
      const { withoutSingleOwner, policyCount } = opened.inspect('t');
      expect({ round, withoutSingleOwner, policyCount }).toEqual({ round, withoutSingleOwner: [], policyCount: 50 });
      const [row] = opened.systemsOf('t').all<{ moves: number; elsewhere: number }>(
        `SELECT (SELECT count(*) FROM movements) AS moves,
          (SELECT count(*) FROM target.policies) - (SELECT count(*) FROM tracked_policies WHERE location = 'new_system') AS elsewhere`,
      );
      expect(row?.elsewhere).toBe(0);
      expect(row?.moves).toBeGreaterThan(moves);
      moves = row?.moves ?? 0;
      opened.close();
    }
  });
});
