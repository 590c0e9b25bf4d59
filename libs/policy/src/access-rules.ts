import type { PolicyBundle } from '@intendant/intent-model';
import { EnforceContext, type Enforcer, newEnforcer, newModelFromString } from 'casbin';
import { segmentsOfPattern } from './action.js';
import { reachOfRoles } from './role-inheritance.js';

/**
 * Role-based access with domains (the tenant) and deny-override. Every field is compared as a whole: casbin's path
 * and regular-expression functions play no part. `p` judges actions, `p2` classes of data. The subject is all the roles
 * it holds, inherited ones included, so that one pass over the rules judges the whole set. casbin's role manager plays
 * no part either: it walks every path of inheritance, of which a bundle within its limits can have billions.
 */
const MODEL = `
[request_definition]
r = sub, dom, realm, area, verb
r2 = sub, dom, cls

[policy_definition]
p = id, sub, dom, realm, area, verb, eft
p2 = id, sub, dom, cls, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = r.dom == p.dom && (p.realm == "*" || p.realm == r.realm) && (p.area == "*" || p.area == r.area) && (p.verb == "*" || p.verb == r.verb) && holds(r.sub, p.sub)
m2 = r2.dom == p2.dom && (p2.cls == "*" || p2.cls == r2.cls) && holds(r2.sub, p2.sub)
`;

const DATA = new EnforceContext('r2', 'p2', 'e', 'm2');

/** What the rules say to one question. A deny is told apart from silence, because it beats ownership of data. */
export interface RuleAnswer {
  readonly effect: 'allow' | 'deny' | 'silent';
  readonly ruleIds: readonly string[];
}

/** The casbin enforcer of one tenant and one revision. */
export class AccessRules {
  private constructor(
    private readonly tenantId: string,
    private readonly enforcer: Enforcer,
    private readonly reach: ReadonlyMap<string, ReadonlySet<string>>,
  ) {}

  /** `bundle` must be valid: nothing is escaped or checked again on the way into casbin. */
  static async of(bundle: PolicyBundle): Promise<AccessRules> {
    const enforcer = await newEnforcer(newModelFromString(MODEL));
    await enforcer.addFunction('holds', (subject: Subject, role: string): boolean => subject.held.has(role));
    const tenantId = bundle.tenantId;
    const actionLines = bundle.rules.map((rule) => {
      const { area, verb } = segmentsOfPattern(rule.action);
      return [rule.id, rule.role, tenantId, rule.realm, area, verb, rule.effect];
    });
    const dataLines = bundle.data.rules.flatMap((rule) =>
      rule.roles.map((role) => [rule.id, role, tenantId, rule.resourceClass, rule.effect]),
    );
    const loaded = [
      actionLines.length === 0 || (await enforcer.addPolicies(actionLines)),
      dataLines.length === 0 || (await enforcer.addNamedPolicies('p2', dataLines)),
    ];
    if (loaded.includes(false)) throw new Error(`rules of ${tenantId} hold the same line twice`);
    return new AccessRules(tenantId, enforcer, reachOfRoles(bundle.roles));
  }

  /** May a principal with these roles perform the action? */
  judgeAction(roles: readonly string[], realm: string, area: string, verb: string): RuleAnswer {
    return answerOf(this.enforcer.enforceExSync(this.#subjectOf(roles), this.tenantId, realm, area, verb));
  }

  /** May a principal with these roles use data of the class, whoever owns it? */
  judgeData(roles: readonly string[], resourceClass: string): RuleAnswer {
    return answerOf(this.enforcer.enforceExSync(DATA, this.#subjectOf(roles), this.tenantId, resourceClass));
  }

  /** Without a prototype: what somebody adds to `Object.prototype` is no attribute of a subject. */
  #subjectOf(roles: readonly string[]): Subject {
    const held = new Set(roles.flatMap((role) => [...(this.reach.get(role) ?? [])]));
    return Object.freeze(Object.assign(Object.create(null), { held }));
  }
}

interface Subject {
  readonly held: ReadonlySet<string>;
}

/** casbin explains a deny by its rule, and silence by nothing. */
function answerOf([isAllowed, line]: [boolean, string[]]): RuleAnswer {
  if (isAllowed) return { effect: 'allow', ruleIds: line.slice(0, 1) };
  return { effect: line.length > 0 ? 'deny' : 'silent', ruleIds: line.slice(0, 1) };
}
