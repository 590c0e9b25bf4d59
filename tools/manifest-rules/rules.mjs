// What neither the schemas nor the linter look at. A rule is about subjects of one sort, and breaks with `true` or with a list of
// what breaks it.
import { CLUSTER } from './cluster.mjs';
import { documentsOf } from './documents.mjs';
import { NETWORK } from './network.mjs';
import { POD_SECURITY } from './pods.mjs';
import { PROCESSES_TOLD } from './processes.mjs';
import { SECRETS } from './secrets.mjs';

const GROUPS = [...CLUSTER, ...POD_SECURITY, ...SECRETS, ...PROCESSES_TOLD, ...NETWORK];

/** What every rule says of a subject that breaks it. */
export const SAYINGS = new Set(GROUPS.flatMap(({ rules }) => rules.map(({ says }) => says)));

function textsOf({ where }, { says }, broken) {
  if (broken === true) return [`${where} ${says}`];
  return broken === false ? [] : broken.map((what) => `${where} ${says}: ${what}`);
}

/**
 * What is wrong with built manifests, one text for each subject that breaks a rule; empty when nothing is.
 * @param {string} manifests YAML documents
 * @returns {{ says: string, text: string }[]}
 */
export function brokenRules(manifests) {
  const documents = documentsOf(manifests);
  return GROUPS.flatMap(({ subjectsOf, rules }) =>
    subjectsOf(documents).flatMap((subject) =>
      rules.flatMap((rule) =>
        textsOf(subject, rule, rule.isBrokenBy(subject)).map((text) => ({ says: rule.says, text })),
      ),
    ),
  );
}
