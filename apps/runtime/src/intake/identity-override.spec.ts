import { describe, expect, it } from '@jest/globals';
import { identityMismatches } from './identity-override.js';

const principal = { tenantId: 't_acme', userId: 'ada', roles: ['analyst', 'migration_lead'], mode: 'standard' };
const fieldsOf = (...claims: [body: object, headers?: Record<string, string>]): readonly string[] =>
  identityMismatches(principal, claims[0] as never, claims[1] ?? {}, {}).map(({ field }) => field);

describe('roles agree with the token', () => {
  it('as a set: in any order, none more and none less', () => {
    for (const roles of [['analyst', 'migration_lead'], ['migration_lead', 'analyst'], 'migration_lead, analyst'])
      expect(fieldsOf({ roles })).toEqual([]);
    for (const roles of [['analyst', 'analyst'], ['analyst'], [], ['analyst', 'migration_lead', 'operator'], 'analyst'])
      expect(fieldsOf({ roles })).toEqual(['/roles']);
    expect(fieldsOf({}, { 'x-roles': 'analyst,analyst' })).toEqual(['header x-roles']);
  });
});

it.each(['intent-id', 'execution-id', 'decision-id', 'created-at', 'accepted-at', 'occurred-at'])(
  'nobody gives in a header what the server gives: x-%s',
  (name) => {
    expect(fieldsOf({}, { [`x-${name}`]: '2026-01-01T00:00:00.000Z' })).toEqual([`header x-${name}`]);
  },
);
