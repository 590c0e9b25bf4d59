import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Memory, memoryFileOf } from './memory.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'intendant-memory-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('what the command line remembers', () => {
  const env = { XDG_CONFIG_HOME: '/home/u/.config' };
  const amongSettings = '/home/u/.config/intendant/cli.json';
  // root may write everywhere
  const asUser = process.getuid?.() === 0 ? it.skip : it;

  it('is kept in the data directory', () => {
    expect(memoryFileOf(dataDir, env)).toBe(join(dataDir, 'cli.json'));
  });

  asUser('is kept among the settings where the data directory is that of somebody else', () => {
    chmodSync(dataDir, 0o555);
    expect(memoryFileOf(dataDir, env)).toBe(amongSettings);
  });

  it('is kept among the settings where no directory is', () => {
    const file = join(dataDir, 'file');
    expect(memoryFileOf(file, env)).toBe(amongSettings);
    writeFileSync(file, '');
    expect(memoryFileOf(file, env)).toBe(amongSettings);
  });

  it('is missed with a note where it cannot be kept at all', () => {
    writeFileSync(join(dataDir, 'file'), '');
    const notes: string[] = [];
    const memory = new Memory(join(dataDir, 'file', 'cli.json'), 'http://x', 't/u', (text) => notes.push(text));
    expect(memory.rememberSession('ses_1')).toBe(false);
    memory.rememberExecution('exe_1');
    expect(memory.sessionId).toBeUndefined();
    expect(notes.map((note) => note.split(':')[0])).toEqual(Array(2).fill('not remembered for further commands'));
  });
});
