import { PLATFORM_REALM, type PolicyBundle } from '@intendant/intent-model';
import { pointerOf } from '@intendant/kernel';
import { segmentsOfPattern } from './action.js';
import { inheritanceProblems } from './role-inheritance.js';

/** One thing wrong with a bundle, and where: a JSON Pointer into the document. */
export interface BundleProblem {
  readonly pointer: string;
  readonly message: string;
}

type Report = (path: readonly (string | number)[], message: string) => void;

/** What the shape alone cannot say: references between the parts, and rules that could never mean anything. */
export function bundleProblems(bundle: PolicyBundle): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const report: Report = (path, message) => void problems.push({ pointer: pointerOf(path), message });
  checkRuleIds(bundle, report);
  checkRoles(bundle, report);
  checkEnabled(bundle, report);
  checkIsolation(bundle, report);
  checkRepetition(bundle, report);
  return problems;
}

/** Ids name a rule in decisions and audits, so one id is one rule, whatever its kind. */
function checkRuleIds(bundle: PolicyBundle, report: Report): void {
  const seen = new Set<string>();
  const listed: readonly [readonly (string | number)[], readonly { readonly id: string }[]][] = [
    [['rules'], bundle.rules],
    [['rates'], bundle.rates],
    [['approvals'], bundle.approvals],
    [['data', 'rules'], bundle.data.rules],
    [['boundaryContracts'], bundle.boundaryContracts],
  ];
  for (const [path, rules] of listed) {
    for (const [index, { id }] of rules.entries()) {
      if (seen.has(id)) report([...path, index, 'id'], `rule id ${id} is used twice`);
      seen.add(id);
    }
  }
}

function checkRoles(bundle: PolicyBundle, report: Report): void {
  const defined = new Set<string>();
  for (const [index, role] of bundle.roles.entries()) {
    if (defined.has(role.name)) report(['roles', index, 'name'], `role ${role.name} is defined twice`);
    defined.add(role.name);
  }
  const mustExist = (path: readonly (string | number)[], role: string): void => {
    if (!defined.has(role)) report(path, `role ${role} is not defined`);
  };
  for (const [index, role] of bundle.roles.entries()) {
    for (const [at, parent] of role.inherits.entries()) mustExist(['roles', index, 'inherits', at], parent);
  }
  for (const [index, rule] of bundle.rules.entries()) mustExist(['rules', index, 'role'], rule.role);
  for (const [index, rule] of bundle.data.rules.entries()) {
    for (const [at, role] of rule.roles.entries()) mustExist(['data', 'rules', index, 'roles', at], role);
  }
  for (const { index, message } of inheritanceProblems(bundle.roles)) report(['roles', index, 'inherits'], message);
}

function checkEnabled(bundle: PolicyBundle, report: Report): void {
  const { realms, intents, exceptIntents } = bundle.enabled;
  const platform = realms.indexOf(PLATFORM_REALM);
  if (platform >= 0) report(['enabled', 'realms', platform], `realm ${PLATFORM_REALM} is no realm of intents`);
  const active = new Set(realms);
  for (const [index, pattern] of intents.entries()) {
    const { area } = segmentsOfPattern(pattern);
    if (area !== '*' && !active.has(area)) report(['enabled', 'intents', index], `realm ${area} is not enabled`);
  }
  const enabled = new Set(intents);
  for (const [index, intent] of exceptIntents.entries()) {
    const covered = enabled.has('*') || enabled.has(intent) || enabled.has(`${segmentsOfPattern(intent).area}.*`);
    if (!covered) report(['enabled', 'exceptIntents', index], `intent ${intent} is not enabled in the first place`);
  }
}

function checkIsolation({ isolation }: PolicyBundle, report: Report): void {
  if (isolation.level === 'strict' && isolation.allowedCrossTenantActions.length > 0)
    report(['isolation', 'allowedCrossTenantActions'], 'strict isolation allows no action to cross tenants');
}

/** A value twice in a list is a slip of the pen; casbin would refuse the second line. */
function checkRepetition(bundle: PolicyBundle, report: Report): void {
  const unique = (path: readonly (string | number)[], values: readonly string[]): void => {
    for (const [index, value] of values.entries()) {
      if (values.indexOf(value) < index) report([...path, index], `${value} is listed twice`);
    }
  };
  for (const [index, role] of bundle.roles.entries()) unique(['roles', index, 'inherits'], role.inherits);
  for (const [index, rule] of bundle.data.rules.entries()) unique(['data', 'rules', index, 'roles'], rule.roles);
  unique(['enabled', 'realms'], bundle.enabled.realms);
  unique(['enabled', 'intents'], bundle.enabled.intents);
  unique(['enabled', 'exceptIntents'], bundle.enabled.exceptIntents);
  unique(['limits', 'modes'], bundle.limits.modes);
  unique(['data', 'ownership'], bundle.data.ownership);
}
