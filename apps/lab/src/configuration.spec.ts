import { describe, expect, it } from '@jest/globals';
import { readConfiguration } from './configuration.js';
import { ConfigurationRefusal } from './refusals.js';

function refusalOf(env: NodeJS.ProcessEnv): ConfigurationRefusal {
  try {
    readConfiguration(env);
  } catch (cause) {
    if (cause instanceof ConfigurationRefusal) return cause;
  }
  throw new Error('was not refused');
}

describe('readConfiguration', () => {
  it('needs nothing to be set', () => {
    expect(readConfiguration({})).toMatchObject({
      ports: { runtime: 7400, curator: 7410, curatorHttp: 7411, smartCity: 7420, runtimeData: 0 },
      dataDir: expect.stringMatching(/\/\.intendant$/),
      databaseUrl: undefined,
      json: false,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readConfiguration({ INTENDANT_RUNTIME_PORT: '', INTENDANT_LOG_LEVEL: '' }).ports.runtime).toBe(7400);
  });

  it('tells every problem in one message, by variable, and exits with 78', () => {
    const refusal = refusalOf({
      INTENDANT_RUNTIME_PORT: 'http',
      INTENDANT_CURATOR_PORT: '70000',
      INTENDANT_LOG_LEVEL: 'loud',
      INTENDANT_MODE: 'production',
      INTENDANT_HOST: '0.0.0.0',
    });
    expect(refusal.exitCode).toBe(78);
    expect(refusal.message).toContain('5 problems');
    expect(refusal.problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'INTENDANT_CURATOR_PORT',
      'INTENDANT_HOST',
      'INTENDANT_LOG_LEVEL',
      'INTENDANT_MODE',
      'INTENDANT_RUNTIME_PORT',
    ]);
  });

  it('does not repeat a database URL, which holds a password', () => {
    const refusal = refusalOf({ INTENDANT_DATABASE_URL: 'mysql://me:secret@db/x' });
    expect(refusal.message).toContain('INTENDANT_DATABASE_URL must be a postgres:// URL');
    expect(refusal.message).not.toContain('secret');
  });

  it('moves both ports of Curator when one was moved', () => {
    const httpOf = (env: NodeJS.ProcessEnv) => readConfiguration(env).ports.curatorHttp;
    expect(['7510', '0', '65535'].map((port) => httpOf({ INTENDANT_CURATOR_PORT: port }))).toEqual([7511, 0, 0]);
    expect(httpOf({ INTENDANT_CURATOR_PORT: '7510', INTENDANT_CURATOR_HTTP_PORT: '7600' })).toBe(7600);
  });

  it('refuses one port for two services', () => {
    const refusal = refusalOf({ INTENDANT_CURATOR_PORT: '7400' });
    expect(refusal.problems).toEqual(['INTENDANT_CURATOR_PORT 7400 is the port of INTENDANT_RUNTIME_PORT as well']);
  });
});
