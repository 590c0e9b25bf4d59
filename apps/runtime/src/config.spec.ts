import { ConfigError, databaseOverTls, parseConfig } from '@intendant/nest-kit';
import { describe, expect, it } from '@jest/globals';
import { linkRules, logRules, productionRules, RuntimeEnv, retentionRules } from './config.js';

const issuer = (name: string) =>
  JSON.stringify([{ issuer: name, audience: 'intendant', jwksFile: '/keys/jwks.json', algorithms: ['EdDSA'] }]);

const sound = {
  INTENDANT_TLS_CA_FILE: '/tls/ca.pem',
  INTENDANT_TLS_CERT_FILE: '/tls/cert.pem',
  INTENDANT_TLS_KEY_FILE: '/tls/key.pem',
  INTENDANT_CURATOR_ADDRESS: 'curator:7410',
  INTENDANT_SMART_CITY_ADDRESS: 'smart-city:7420',
  INTENDANT_DATABASE_URL: 'postgres://app:secret@db/intendant?sslmode=verify-full',
  INTENDANT_ISSUERS: issuer('https://login.example'),
};

const REACHED_AT = 'INTENDANT_RUNTIME_ADVERTISED_HOST or INTENDANT_REPLICA_URL';
const onRedis = { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: 'rediss://redis:6379' };

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    parseConfig(RuntimeEnv, env, [productionRules, logRules, linkRules, retentionRules, databaseOverTls]);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the configuration of the Runtime', () => {
  it('is for production unless it says otherwise', () => {
    expect(parseConfig(RuntimeEnv, sound).INTENDANT_MODE).toBe('production');
    expect(problemsOf(sound)).toEqual([]);
  });

  it('names every problem in one message', () => {
    const problems = problemsOf({ INTENDANT_RUNTIME_PORT: 'none', INTENDANT_ISSUERS: '[' });
    for (const variable of ['RUNTIME_PORT', 'ISSUERS', 'TLS_CA_FILE', 'CURATOR_ADDRESS', 'DATABASE_URL'])
      expect(problems.join('\n')).toContain(`INTENDANT_${variable}:`);
  });

  it('refuses to look at partitions for the archive all the time', () => {
    expect(problemsOf({ ...sound, INTENDANT_ARCHIVE_INTERVAL_MS: '1' })).toEqual([
      expect.stringContaining('INTENDANT_ARCHIVE_INTERVAL_MS'),
    ]);
    expect(problemsOf({ ...sound, INTENDANT_ARCHIVE_INTERVAL_MS: '1000' })).toEqual([]);
  });

  it('names what production refuses together with what cannot be read', () => {
    const problems = problemsOf({
      ...sound,
      INTENDANT_DATABASE_URL: 'postgres://a:b@db/intendant',
      INTENDANT_RETENTION_ENTRIES_MIN: '100',
      INTENDANT_PARTITIONS: '0',
    });
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      'INTENDANT_PARTITIONS',
      'INTENDANT_RETENTION_ENTRIES_MIN',
      'INTENDANT_RETENTION_ENTRIES_MIN',
      'INTENDANT_DATABASE_URL',
    ]);
  });

  it('names what production refuses of issuers together with what else is wrong with them', () => {
    const lab = {
      issuer: 'https://lab.intendant.invalid',
      audience: 'intendant',
      algorithms: ['EdDSA', 'HS256', 'none'],
    };
    const plain = { issuer: 'https://b', audience: 'b', jwksUri: 'HTTP://b/keys', algorithms: ['EdDSA'] };
    const problems = problemsOf({ ...sound, INTENDANT_ISSUERS: JSON.stringify([lab, plain, null]) });
    expect(problems).toEqual([
      expect.stringMatching(/^INTENDANT_ISSUERS.0.algorithms.1:/),
      expect.stringMatching(/^INTENDANT_ISSUERS.0.algorithms.2:/),
      expect.stringMatching(/^INTENDANT_ISSUERS.0: needs jwksFile or jwksUri/),
      expect.stringMatching(/^INTENDANT_ISSUERS.2:/),
      expect.stringMatching(/^INTENDANT_ISSUERS: the development issuer/),
      expect.stringMatching(/^INTENDANT_ISSUERS: jwksUri must be https/),
    ]);
  });

  it.each([
    ['the development issuer', { INTENDANT_ISSUERS: issuer('https://lab.intendant.invalid') }, 'INTENDANT_ISSUERS'],
    ['a database without TLS', { INTENDANT_DATABASE_URL: 'postgres://a:b@db/intendant' }, 'INTENDANT_DATABASE_URL'],
    [
      'a database that may do without',
      { INTENDANT_DATABASE_URL: 'postgres://a:b@db/i?sslmode=prefer' },
      'INTENDANT_DATABASE_URL',
    ],
  ])('refuses %s in production and takes it in a lab', (_what, change, variable) => {
    expect(problemsOf({ ...sound, ...change })).toEqual([expect.stringContaining(variable)]);
    expect(problemsOf({ ...sound, ...change, INTENDANT_MODE: 'lab' })).toEqual([]);
  });

  it('refuses keys over plain HTTP in production', () => {
    const plain = JSON.stringify([
      {
        issuer: 'https://login.example',
        audience: 'intendant',
        jwksUri: 'http://login.example/keys',
        algorithms: ['EdDSA'],
      },
    ]);
    expect(problemsOf({ ...sound, INTENDANT_ISSUERS: plain })).toEqual([expect.stringContaining('https')]);
  });

  it.each([
    ['an archive without its directory', { INTENDANT_ARCHIVE: 'directory' }, ['INTENDANT_ARCHIVE_DIR']],
    [
      'an archive over plain HTTP',
      {
        INTENDANT_ARCHIVE: 's3',
        INTENDANT_ARCHIVE_S3_ENDPOINT: 'http://s3.example',
        INTENDANT_ARCHIVE_S3_BUCKET: 'archive',
        INTENDANT_ARCHIVE_S3_ACCESS_KEY_ID: 'id',
        INTENDANT_ARCHIVE_S3_SECRET_ACCESS_KEY: 'secret',
      },
      ['INTENDANT_ARCHIVE_S3_ENDPOINT'],
    ],
    [
      'to drop what is archived nowhere',
      { ...onRedis, INTENDANT_RETENTION_ENTRIES_MIN: '10' },
      ['INTENDANT_RETENTION_ENTRIES_MIN'],
    ],
    [
      'to trim the embedded log',
      { INTENDANT_ARCHIVE: 'directory', INTENDANT_ARCHIVE_DIR: '/archive', INTENDANT_RETENTION_ENTRIES_MIN: '10' },
      ['INTENDANT_RETENTION_ENTRIES_MIN'],
    ],
    ['a shared log where others are told every address', { ...onRedis, INTENDANT_HOST: '0.0.0.0' }, [REACHED_AT]],
    [
      'that, and no server named: both are told',
      { INTENDANT_WAL: 'redis', INTENDANT_HOST: '0.0.0.0' },
      ['INTENDANT_REDIS_URL', REACHED_AT],
    ],
    ['a shared log with such a URL', { ...onRedis, INTENDANT_REPLICA_URL: 'https://[::]:7401' }, [REACHED_AT]],
  ])('refuses %s', (_what, change, variables) => {
    expect(problemsOf({ ...sound, ...change })).toEqual(variables.map((name) => expect.stringContaining(name)));
  });

  it('takes every address to listen on where others are told another one, or there are none', () => {
    const everywhere = { ...sound, INTENDANT_HOST: '0.0.0.0' };
    expect(problemsOf(everywhere)).toEqual([]);
    expect(problemsOf({ ...everywhere, ...onRedis, INTENDANT_RUNTIME_ADVERTISED_HOST: 'runtime' })).toEqual([]);
    expect(problemsOf({ ...everywhere, ...onRedis, INTENDANT_REPLICA_URL: 'https://runtime:7401' })).toEqual([]);
  });
});
