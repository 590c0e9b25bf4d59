// What neither the schemas nor the linter look at. The text is what kustomize prints: sorted, indented by two, one form only.

const WORKLOAD = /^kind: (?:Pod|Deployment|StatefulSet|DaemonSet|Job|CronJob)$/m;

/** What every container says, as Kubernetes' restricted profile demands it beyond what the linter checks. */
const OF_CONTAINERS = [
  ['allowPrivilegeEscalation: false', /^ +allowPrivilegeEscalation: false$/gm],
  ['drop: [ALL]', /^ +drop:\n +- ALL$/gm],
  ['readOnlyRootFilesystem: true', /^ +readOnlyRootFilesystem: true$/gm],
];

const OF_PODS = [
  ['runAsNonRoot: true', /^ +runAsNonRoot: true$/m],
  ['seccompProfile: RuntimeDefault', /^ +seccompProfile:\n +type: RuntimeDefault$/m],
];

const count = (text, pattern) => (text.match(pattern) ?? []).length;

function* ofWorkload(document) {
  const containers = count(document, /^ +(?:- )?image: /gm);
  for (const [name, pattern] of OF_CONTAINERS)
    if (count(document, pattern) < containers) yield `a container lacks "${name}"`;
  for (const [name, pattern] of OF_PODS) if (!pattern.test(document)) yield `a pod lacks "${name}"`;
  if (!/^ +automountServiceAccountToken: false$/m.test(document)) yield 'a pod is given a token of the cluster';
}

const deniesEverything = (document) =>
  /^kind: NetworkPolicy$/m.test(document) &&
  /^ {2}podSelector: \{\}\n {2}policyTypes:\n {2}- Ingress\n {2}- Egress$/m.test(document);

/**
 * What is wrong with built manifests; empty when nothing is.
 * @param {string} manifests YAML documents as kustomize prints them
 * @returns {string[]}
 */
export function brokenRules(manifests) {
  const documents = manifests.split(/^---$/m);
  const found = [];
  for (const document of documents) {
    if (/^kind: Secret$/m.test(document)) found.push('a Secret is in the repository: operators create them');
    if (WORKLOAD.test(document)) found.push(...ofWorkload(document));
    if (/^kind: Namespace$/m.test(document) && !/^ +pod-security\.kubernetes\.io\/enforce: restricted$/m.test(document))
      found.push('a Namespace does not enforce restricted pod security');
  }
  if (!documents.some(deniesEverything)) found.push('no NetworkPolicy denies everything');
  return found;
}
