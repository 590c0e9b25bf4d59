import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { welcomeLines } from './welcome.js';

const welcome = { dataDir: '/tmp/lab', token: 'ey', readyAfterMs: 1_000 };

describe('the welcome', () => {
  it('names the URL of every replica, and the first one in what is to be pasted', () => {
    const urls = ['http://127.0.0.1:7400', 'http://127.0.0.1:20001'];
    const lines = welcomeLines({ ...welcome, urls }, false);
    expect(lines.slice(3, 5)).toEqual(['  URL    http://127.0.0.1:7400', '         http://127.0.0.1:20001']);
    expect(lines.find((line) => line.startsWith('export'))).toContain('INTENDANT_URL=http://127.0.0.1:7400 ');
  });

  it.each(['/tmp/it is', "/tmp/it's $(touch x) `here`"])('exports the data directory %s as it is', (dataDir) => {
    const lines = welcomeLines({ ...welcome, urls: ['http://127.0.0.1:7400'], dataDir }, false);
    const line = lines.find((one) => one.startsWith('export')) ?? '';
    const said = spawnSync('/bin/sh', ['-c', `${line}; printf %s "$INTENDANT_DATA_DIR"`], { encoding: 'utf8' });
    expect(said).toMatchObject({ status: 0, stdout: dataDir, stderr: '' });
  });
});
