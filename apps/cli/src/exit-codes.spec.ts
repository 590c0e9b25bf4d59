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
});
