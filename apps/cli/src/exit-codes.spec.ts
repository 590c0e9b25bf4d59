import { readFileSync } from 'node:fs';
import { ERROR_CATALOGUE } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { EXIT_CODE_HELP, Exit, exitOfExecution, exitOfStatus } from './exit-codes.js';

describe('exit codes', () => {
  it.each([
    [401, Exit.refused],
    [403, Exit.refused],
    [404, Exit.notFound],
    [400, Exit.invalid],
    [405, Exit.invalid],
    [409, Exit.invalid],
    [413, Exit.invalid],
    [415, Exit.invalid],
    [422, Exit.invalid],
    [429, Exit.unavailable],
    [503, Exit.unavailable],
    [500, Exit.unexpected],
    [502, Exit.unexpected],
  ])('of status %i is %i', (status, exit) => {
    expect(exitOfStatus(status)).toBe(exit);
  });

  it('leave no refusal of the catalogue unexpected', () => {
    const refusals = Object.values(ERROR_CATALOGUE).filter(({ status }) => status < 500);
    expect(refusals.map(({ status }) => exitOfStatus(status))).not.toContain(Exit.unexpected);
  });

  it('tell a failed execution from one that goes on', () => {
    const exits = ['completed', 'running', 'waiting', 'failed', 'stuck'].map(exitOfExecution);
    expect(exits).toEqual([0, 0, 0, 7, 7]);
  });

  it('are all explained in the help', () => {
    for (const code of Object.values(Exit)) expect(EXIT_CODE_HELP).toMatch(new RegExp(`^  ${code}  `, 'm'));
  });

  it('are explained in the README in the same words', () => {
    const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const explained = [...EXIT_CODE_HELP.matchAll(/^ {2}(\d) {2}(.+)$/gm)].map(
      ([, code, text]) => `\n| ${code} | ${text}`,
    );
    expect(explained.filter((row) => !page.includes(row))).toEqual([]);
  });

  it('names in the help every status that has a code of its own', () => {
    const statuses = new Set(Object.values(ERROR_CATALOGUE).map(({ status }) => status));
    const told = [...statuses].filter((status) => exitOfStatus(status) !== Exit.unexpected);
    expect(told.filter((status) => !EXIT_CODE_HELP.includes(String(status)))).toEqual([]);
  });
});
