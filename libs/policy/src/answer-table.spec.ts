import type { PolicyBundle } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { DefaultRoleManager } from 'casbin';
import fc from 'fast-check';
import { sampleBundle, samplePolicy, samplePorts, sampleQuestion } from '../test/samples.js';
import { AccessRules } from './access-rules.js';
import { AnswerTable } from './answer-table.js';
import { decide, readBundle } from './index.js';
import { reachOfRoles } from './role-inheritance.js';

// names that mean something to a JavaScript object are names like any other
const ROLES = ['reader', 'analyst', 'constructor', 'prototype', 'hasOwnProperty', 'toString'];
const WORDS = ['content', 'insights', 'constructor', 'prototype', 'valueof', 'parse', 'platform'];
const CLASSES = ['content', 'constructor', 'report.v1', 'secret'];

const word = fc.constantFrom(...WORDS);
const role = fc.constantFrom(...ROLES);
const effect = fc.constantFrom('allow' as const, 'deny' as const);
const pattern = fc.oneof(
  fc.constant('*'),
  fc.tuple(word, fc.oneof(word, fc.constant('*'))).map((pair) => pair.join('.')),
);

/** Roles inherit only from later ones, so there are no cycles. */
const roles = fc
  .tuple(...ROLES.map((_, index) => fc.subarray(ROLES.slice(index + 1))))
  .map((parents) => ROLES.map((name, index) => ({ name, inherits: parents[index] as string[] })));
const rules = fc.array(fc.record({ role, action: pattern, realm: fc.oneof(fc.constant('*'), word), effect }), {
  maxLength: 12,
});
const dataRules = fc.array(
  fc.record({
    roles: fc.subarray(ROLES, { minLength: 1 }),
    resourceClass: fc.constantFrom('*', ...CLASSES),
    effect,
  }),
  { maxLength: 6 },
);
const bundle = fc.tuple(roles, rules, dataRules).map(([roleList, ruleList, dataList]) =>
  sampleBundle({
    roles: roleList,
    rules: ruleList.map((rule, index) => ({ id: `r${index}`, ...rule })),
    data: { ownership: ['owner'], rules: dataList.map((rule, index) => ({ id: `d${index}`, ...rule })) },
  }),
);
const asked = fc.array(
  fc.record({
    roles: fc.array(fc.constantFrom(...ROLES, 'nobody', '__proto__', ''), { maxLength: 4 }),
    realm: fc.constantFrom(...WORDS, 'elsewhere', '*', ''),
    area: fc.constantFrom(...WORDS, 'elsewhere', '*'),
    verb: fc.constantFrom(...WORDS, 'elsewhere', '*'),
    resourceClass: fc.constantFrom(...CLASSES, 'other', '*', ''),
  }),
  { minLength: 1, maxLength: 15 },
);

/** casbin's own role manager on the links of the bundle. */
async function casbinLinks(given: PolicyBundle) {
  const links = new DefaultRoleManager(10);
  for (const { name, inherits } of given.roles) for (const parent of inherits) await links.addLink(name, parent);
  return links;
}

/** What the rules mean, written down without casbin. */
function expected(
  given: PolicyBundle,
  held: readonly string[],
  covers: (rule: unknown) => boolean,
  kind: 'rules' | 'data',
) {
  const parents = new Map(given.roles.map(({ name, inherits }) => [name, inherits]));
  const reach = (name: string): string[] => [name, ...(parents.get(name) ?? []).flatMap(reach)];
  const all = new Set(held.filter((name) => parents.has(name)).flatMap(reach));
  const lines =
    kind === 'rules'
      ? given.rules.filter((rule) => all.has(rule.role) && covers(rule))
      : given.data.rules.filter((rule) => rule.roles.some((name) => all.has(name)) && covers(rule));
  if (lines.some((line) => line.effect === 'deny')) return 'deny';
  return lines.length > 0 ? 'allow' : 'silent';
}

describe('answer table', () => {
  it('says what a fresh casbin enforcer says, and what the rules mean, however small it is', async () => {
    await fc.assert(
      fc.asyncProperty(bundle, asked, fc.integer({ min: 1, max: 5 }), async (given, questions, entriesMax) => {
        const table = new AnswerTable(given, await AccessRules.of(given), entriesMax);
        for (const { roles: held, realm, area, verb, resourceClass } of [...questions, ...questions]) {
          const fresh = await AccessRules.of(given);
          const known = held.filter((name) => given.roles.some((defined) => defined.name === name));
          const action = table.action(held, realm, { area, verb });
          const data = table.data(held, resourceClass);
          if (![realm, area, verb].includes('*')) {
            expect(action.effect).toBe(fresh.judgeAction(known, realm, area, verb).effect);
            expect(action.effect).toBe(expected(given, held, (rule) => coversAction(rule, realm, area, verb), 'rules'));
          }
          if (resourceClass !== '*') {
            expect(data.effect).toBe(fresh.judgeData(known, resourceClass).effect);
            const coversClass = (rule: unknown) =>
              ['*', resourceClass].includes((rule as { resourceClass: string }).resourceClass);
            expect(data.effect).toBe(expected(given, held, coversClass, 'data'));
          }
          expect(table.size).toBeLessThanOrEqual(entriesMax);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("finds a role held where casbin's role manager does", async () => {
    await fc.assert(
      fc.asyncProperty(bundle, async (given) => {
        const links = await casbinLinks(given);
        const reach = reachOfRoles(given.roles);
        for (const held of ROLES)
          for (const asked of ROLES) expect(reach.get(held)?.has(asked)).toBe(links.syncedHasLink(held, asked));
      }),
      { numRuns: 100 },
    );
  });

  it('does not grow with names that callers invent', async () => {
    const given = sampleBundle();
    const table = new AnswerTable(given, await AccessRules.of(given));
    for (let n = 0; n < 500; n += 1) {
      table.action([`role${n}`, 'analyst'], `realm${n}`, { area: `area${n}`, verb: `verb${n}` });
      table.data(['analyst', `role${n}`], `class${n}`);
    }
    expect(table.size).toBe(2);
  });

  it('answers however many paths lead from a role to another: 26 to the power of 8 here', async () => {
    const layers = Array.from({ length: 9 }, (_, layer) => Array.from({ length: 26 }, (_, n) => `r${layer}-${n}`));
    const given = await samplePolicy({
      roles: layers.flatMap((names, layer) => names.map((name) => ({ name, inherits: layers[layer + 1] ?? [] }))),
      rules: [
        { id: 'never', role: 'r0-1', action: 'content.parse', realm: 'content', effect: 'deny' },
        { id: 'last', role: 'r8-25', action: 'content.parse', realm: 'content', effect: 'allow' },
      ],
      data: { ownership: ['owner'], rules: [] },
    });
    const ask = (held: string[]) =>
      decide(sampleQuestion({ principal: { ...sampleQuestion().principal, roles: held } }), given, samplePorts())
        .effect;
    expect([ask(['r0-0']), ask(['r8-24']), ask(['r0-1', 'r0-0'])]).toEqual(['allow', 'deny', 'deny']);
  });

  it('keeps roles apart whatever characters their names share', async () => {
    const names = ['a', 'b', 'a.b', 'a-b'];
    const given = await samplePolicy({
      roles: names.map((name) => ({ name, inherits: [] })),
      rules: [{ id: 'one', role: 'a.b', action: 'content.parse', realm: 'content', effect: 'allow' }],
      data: { ownership: ['owner'], rules: [] },
    });
    const ask = (held: string[]) =>
      decide(sampleQuestion({ principal: { ...sampleQuestion().principal, roles: held } }), given, samplePorts())
        .effect;
    expect([ask(['a', 'b']), ask(['a.b']), ask(['b', 'a']), ask(['a-b'])]).toEqual(['deny', 'allow', 'deny', 'deny']);
  });

  it('lets no polluted prototype grant anything', async () => {
    const policy = await samplePolicy();
    Object.defineProperty(Object.prototype, 'p_eft', { value: 'allow', writable: true, configurable: true });
    Object.defineProperty(Object.prototype, 'isAdmin', { value: true, writable: true, configurable: true });
    Object.defineProperty(Object.prototype, 'roles', { value: ['analyst'], writable: true, configurable: true });
    try {
      for (const held of [['__proto__'], ['constructor'], ['isAdmin'], []]) {
        const principal = { ...sampleQuestion().principal, roles: held };
        for (const action of ['content.parse', 'constructor.prototype', '__proto__.x', 'content.constructor']) {
          expect(decide(sampleQuestion({ principal, action }), policy, samplePorts()).code).toBe(
            'action_not_permitted',
          );
        }
      }
    } finally {
      Reflect.deleteProperty(Object.prototype, 'p_eft');
      Reflect.deleteProperty(Object.prototype, 'isAdmin');
      Reflect.deleteProperty(Object.prototype, 'roles');
    }
  });

  it('forgets a revoked right with its revision', async () => {
    const before = await samplePolicy();
    const after = await samplePolicy({
      revision: 2,
      rules: sampleBundle().rules.filter(({ id }) => id !== 'analyst-content'),
    });
    expect(decide(sampleQuestion(), before, samplePorts()).effect).toBe('allow');
    expect(decide(sampleQuestion(), after, samplePorts()).code).toBe('action_not_permitted');
  });

  it('accepts the sample bundle', () => expect(readBundle(sampleBundle()).ok).toBe(true));
});

function coversAction(rule: unknown, realm: string, area: string, verb: string): boolean {
  const { action, realm: inRealm } = rule as { action: string; realm: string };
  return ['*', realm].includes(inRealm) && ['*', `${area}.*`, `${area}.${verb}`].includes(action);
}
