import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const file = join(import.meta.dirname, '../test/without-jest.mjs');

it('serves under the test runner of Node, too: nothing of it needs Jest', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file]);
  expect(stdout).toMatch(/^# pass 2$/m);
});
