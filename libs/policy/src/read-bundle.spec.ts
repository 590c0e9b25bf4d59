import { describe, expect, it } from '@jest/globals';
import { sampleBundle } from '../test/samples.js';
import { AccessRules } from './access-rules.js';
import { invalidBundle, judgePublication, readBundle } from './index.js';

const sample = () => JSON.parse(JSON.stringify(sampleBundle()));

/** `[pointer of the problem, change that makes it]` */
// biome-ignore lint/suspicious/noExplicitAny: the documents are broken on purpose
const BROKEN: [string, (bundle: any) => void][] = [
  ['/revision', (bundle) => (bundle.revision = 0)],
  ['/tenantId', (bundle) => (bundle.tenantId = 'a b')],
  ['/surprise', (bundle) => (bundle.surprise = 1)],
  ['/limits', (bundle) => delete bundle.limits],
  ['/rules/0/priority', (bundle) => (bundle.rules[0].priority = 1)],
  ['/rules/0/effect', (bundle) => (bundle.rules[0].effect = 'maybe')],
  ['/rules/0/action', (bundle) => (bundle.rules[0].action = 'content/../*')],
  ['/rules/1/action', (bundle) => (bundle.rules[1].action = '*.parse')],
  ['/rules/2/role', (bundle) => (bundle.rules[2].role = 'nobody')],
  ['/rules/1/id', (bundle) => (bundle.rules[1].id = 'reader-open')],
  ['/boundaryContracts/0/id', (bundle) => (bundle.boundaryContracts[0].id = 'reader-open')],
  ['/roles/1/name', (bundle) => (bundle.roles[1].name = 'reader')],
  ['/roles/1/inherits/0', (bundle) => (bundle.roles[1].inherits = ['nobody'])],
  ['/roles/0/inherits', (bundle) => (bundle.roles[0].inherits = ['lead'])],
  ['/roles/3/inherits', (bundle) => (bundle.roles[3].inherits = ['intern'])],
  ['/data/rules/0/roles/0', (bundle) => (bundle.data.rules[0].roles = ['nobody'])],
  ['/data/rules/0/roles/1', (bundle) => (bundle.data.rules[0].roles = ['auditor', 'auditor'])],
  ['/data/ownership', (bundle) => (bundle.data.ownership = [])],
  ['/enabled/intents/0', (bundle) => (bundle.enabled.realms = [])],
  ['/enabled/realms/1', (bundle) => bundle.enabled.realms.push('platform')],
  ['/enabled/exceptIntents/1', (bundle) => bundle.enabled.exceptIntents.push('insights.query')],
  [
    '/isolation/allowedCrossTenantActions',
    (bundle) => (bundle.isolation.allowedCrossTenantActions = ['content.parse']),
  ],
  [
    '/rates/0/capacity',
    (bundle) => (bundle.rates = [{ id: 'x', action: '*', per: 'user', capacity: 0, refillPerSecond: 1 }]),
  ],
  ['/artifactPersistence/byResultType/preview', (bundle) => (bundle.artifactPersistence.byResultType.preview = 'keep')],
  ['/description', (bundle) => (bundle.description = 'two\nlines')],
];

describe('readBundle', () => {
  it.each(BROKEN)('names the problem at %s', (pointer, change) => {
    const document = sample();
    change(document);
    const read = readBundle(document);
    expect(read.ok ? [] : read.error.map((problem) => problem.pointer)).toContain(pointer);
  });

  it('names every problem at once', () => {
    const document = sample();
    for (const rule of document.rules) rule.role = 'nobody';
    document.boundaryContracts[0].id = 'audit-all';
    const read = readBundle(document);
    expect(read.ok ? [] : read.error.map(({ pointer }) => pointer)).toEqual([
      '/boundaryContracts/0/id',
      '/rules/0/role',
      '/rules/1/role',
      '/rules/2/role',
      '/rules/3/role',
    ]);
    const refusal = invalidBundle(read.ok ? [] : read.error);
    expect(refusal).toMatchObject({ code: 'policy_invalid', field: '/bundle/boundaryContracts/0/id' });
    expect(refusal.extra?.problems).toHaveLength(5);
  });

  it('refuses chains of roles that are too long', () => {
    const chain = (length: number) =>
      sampleBundle({
        roles: Array.from({ length }, (_, n) => ({ name: `r${n}`, inherits: n + 1 < length ? [`r${n + 1}`] : [] })),
        rules: [],
        data: { ownership: ['owner'], rules: [] },
      });
    expect(readBundle(chain(11)).ok).toBe(true);
    const read = readBundle(chain(12));
    expect(read.ok ? [] : read.error.map(({ pointer }) => pointer)).toEqual(['/roles/0/inherits']);
  });

  it('refuses keys that reach a prototype', () => {
    const text = JSON.stringify(sampleBundle());
    const persist = JSON.parse(text.replace('"preview"', '"__proto__"'));
    const top = JSON.parse(text.replace('"description"', '"__proto__":{"x":1},"description"'));
    for (const document of [persist, top]) expect(readBundle(document).ok).toBe(false);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it.each([null, [], 'text', 7, {}])('refuses %j', (document) => expect(readBundle(document).ok).toBe(false));

  it('freezes what it returns, and digests the content, not the order of keys', () => {
    const read = readBundle(sampleBundle());
    const turned = readBundle(Object.fromEntries(Object.entries(sampleBundle()).reverse()));
    if (!read.ok || !turned.ok) throw new Error('sample is invalid');
    expect(turned.value.digest).toBe(read.value.digest);
    expect(() => {
      (read.value.bundle.rules as unknown[]).push({});
    }).toThrow(TypeError);
  });
});

describe('judgePublication', () => {
  const rule = (role: string, action: string, effect: 'allow' | 'deny' = 'allow', realm = 'platform') => ({
    id: `${role}-${effect}`,
    role,
    action,
    realm,
    effect,
  });
  const candidate = (revision: number, rules = [rule('lead', 'policy.publish')]) => {
    const read = readBundle(sampleBundle({ revision, rules }));
    if (!read.ok) throw new Error('sample is invalid');
    return read.value;
  };
  const { digest } = candidate(3);

  it('stores a first and a higher revision', () => {
    expect(judgePublication('t_one', candidate(3), null)).toBe('store');
    expect(judgePublication('t_one', candidate(4), { revision: 3, digest })).toBe('store');
  });

  it('takes the current revision with the same content as done', () => {
    expect(judgePublication('t_one', candidate(3), { revision: 3, digest })).toBe('unchanged');
  });

  it.each([
    ['the current revision with other content', 3, 'policy_conflict'],
    ['a lower revision', 2, 'policy_conflict'],
  ])('refuses %s', (_name, revision, code) => {
    const current = { revision: 3, digest: 'f'.repeat(64) };
    expect(judgePublication('t_one', candidate(revision), current)).toMatchObject({ code });
  });

  it.each<[what: string, isTaken: boolean, rules: ReturnType<typeof rule>[]]>([
    ['nobody', false, []],
    ['a role', true, [rule('lead', 'policy.publish')]],
    ['a role that others inherit', true, [rule('reader', 'policy.*')]],
    ['whoever may do everything', true, [rule('lead', '*', 'allow', '*')]],
    ['a role in a realm of intents', false, [rule('lead', 'policy.publish', 'allow', 'content')]],
    ['a role that may do something else', false, [rule('lead', 'policy.read')]],
    ['a role that is denied it as well', false, [rule('lead', 'policy.publish'), rule('lead', '*', 'deny')]],
    ['a role that inherits its denial', false, [rule('lead', 'policy.publish'), rule('reader', '*', 'deny', '*')]],
    ['a role below the denied one', true, [rule('reader', 'policy.publish'), rule('lead', 'policy.*', 'deny')]],
    ['a role beside the denied one', true, [rule('lead', 'policy.publish'), rule('intern', '*', 'deny')]],
  ])('a bundle that lets %s publish the next one is taken: %s', async (_who, isTaken, rules) => {
    const next = candidate(4, rules);
    const access = await AccessRules.of(next.bundle);
    const may = next.bundle.roles.filter(
      ({ name }) => access.judgeAction([name], 'platform', 'policy', 'publish').effect === 'allow',
    );
    expect(may.length > 0).toBe(isTaken);
    expect(judgePublication('t_one', next, { revision: 3, digest })).toEqual(
      isTaken ? 'store' : expect.objectContaining({ code: 'policy_invalid', field: '/bundle/rules' }),
    );
    // nobody loses by a first one what nobody had, and what is in force stays so
    expect(judgePublication('t_one', next, null)).toBe('store');
    expect(judgePublication('t_one', next, { revision: 4, digest: next.digest })).toBe('unchanged');
  });

  it('refuses a bundle of another tenant', () => {
    expect(judgePublication('t_two', candidate(3), null)).toMatchObject({ code: 'policy_invalid' });
  });
});
