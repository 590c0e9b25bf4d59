import { spawnSync } from 'node:child_process';

/** Whether tests of participants in Python are to run: where it is installed, and under CI, where nothing may be left out. */
export const withPython = (): boolean =>
  process.env['CI'] !== undefined ||
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0;
