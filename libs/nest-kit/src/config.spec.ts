import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { AddressVariable, ConfigError, PortVariable, ProcessEnv, parseConfig } from './config.js';

const files = { INTENDANT_TLS_CA_FILE: 'ca', INTENDANT_TLS_CERT_FILE: 'cert', INTENDANT_TLS_KEY_FILE: 'key' };
const Schema = ProcessEnv.extend({ PEER: AddressVariable, PORT: PortVariable, WEIGHT: z.coerce.number() });
const sound = { ...files, PEER: 'curator:7001', PORT: '0', WEIGHT: '1.5' };

const problemsOf = (
  env: NodeJS.ProcessEnv,
  rules: Parameters<typeof parseConfig<typeof Schema>>[2] = [],
): readonly string[] => {
  try {
    parseConfig(Schema, env, rules);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe('configuration', () => {
  it('is read once, with defaults, and what is not asked for left out', () => {
    expect(parseConfig(Schema, { ...sound, HOME: '/root' })).toEqual({
      ...files,
      INTENDANT_MODE: 'production',
      INTENDANT_HOST: '127.0.0.1',
      INTENDANT_LOG_LEVEL: 'info',
      PEER: { host: 'curator', port: 7001 },
      PORT: 0,
      WEIGHT: 1.5,
    });
  });

  it('names every problem in one error', () => {
    const env = {
      INTENDANT_MODE: 'lax',
      INTENDANT_TLS_CA_FILE: 'ca',
      INTENDANT_TLS_KEY_FILE: '',
      PEER: 'curator',
      PORT: '65536',
    };
    const problems = problemsOf(env);
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      'INTENDANT_MODE',
      'INTENDANT_TLS_CERT_FILE',
      'INTENDANT_TLS_KEY_FILE',
      'PEER',
      'PORT',
      'WEIGHT',
    ]);
    expect(problems.filter((line) => line.endsWith('is required'))).toHaveLength(3);
    expect(() => parseConfig(Schema, env)).toThrow(/6 problem\(s\):\n {2}- INTENDANT_MODE/);
  });

  it('takes an empty variable for an absent one', () => {
    expect(problemsOf({ ...sound, INTENDANT_HEALTH_PORT: '', INTENDANT_MODE: '' })).toEqual([]);
    expect(problemsOf({ ...sound, PEER: '' })).toEqual(['PEER: is required']);
  });

  it('reports every broken rule that needs more than one variable', () => {
    const rules = [() => ['first'], () => [], (config: { WEIGHT: number }) => [`weight ${config.WEIGHT}`, 'third']];
    expect(problemsOf(sound, rules)).toEqual(['first', 'weight 1.5', 'third']);
  });

  it('asks the rules, too, when a variable is wrong that they do not need', () => {
    const rules = [
      ({ INTENDANT_MODE: mode }: { INTENDANT_MODE: string }) => [`not in ${mode}`],
      ({ PORT: port, WEIGHT: weight }: { PORT: number; WEIGHT: number }) => [`${weight} at ${port}`],
      ({ INTENDANT_HEALTH_PORT: port }: { INTENDANT_HEALTH_PORT?: number | undefined }) => [`health at ${port}`],
    ];
    const problems = problemsOf({ ...sound, PORT: 'none', PEER: '' }, rules);
    expect(problems).toHaveLength(4);
    expect(problems).toEqual(expect.arrayContaining(['PEER: is required', 'not in production', 'health at undefined']));
    expect(problemsOf({ ...sound, PEER: '' }, rules)).toContain('1.5 at 0');
    const broken = () => {
      throw new RangeError('a defect of the rule');
    };
    expect(() => problemsOf({ ...sound, PORT: 'none' }, [broken])).toThrow('a defect');
  });

  it.each(['curator', ':7001', 'curator:', 'curator:70010', 'curator:0', 'a b:1', 'curator:x', 'http://curator:1'])(
    'refuses %j as an address',
    (address) => {
      expect(problemsOf({ ...sound, PEER: address })).toHaveLength(1);
    },
  );
});
