// What may be in the manifests at all, in which namespace, and what lets others in.

/** Whatever is not here is refused: a kind that no rule knows could open the cluster in a way that no rule sees. */
const KINDS = new Set([
  'v1 ConfigMap',
  'v1 Namespace',
  'v1 PersistentVolumeClaim',
  'v1 Pod',
  'v1 Service',
  'v1 ServiceAccount',
  'apps/v1 DaemonSet',
  'apps/v1 Deployment',
  'apps/v1 StatefulSet',
  'autoscaling/v2 HorizontalPodAutoscaler',
  'batch/v1 CronJob',
  'batch/v1 Job',
  'networking.k8s.io/v1 NetworkPolicy',
  'policy/v1 PodDisruptionBudget',
]);

const isOfKind = (kind) => (documents) => documents.filter((document) => document.kind === kind);
const ofRbac = ({ apiVersion }) => `${apiVersion}`.startsWith('rbac.authorization.k8s.io/');
const isKnown = ({ apiVersion, kind }) => KINDS.has(`${apiVersion} ${kind}`);

const DOCUMENTS = {
  subjectsOf: (documents) => {
    const namespaces = new Set(isOfKind('Namespace')(documents).map(({ metadata }) => metadata.name));
    return documents.map((document) => ({ ...document, namespaces }));
  },
  rules: [
    { says: 'is a Secret in the repository: operators create them', isBrokenBy: ({ kind }) => kind === 'Secret' },
    // No process asks the API of the cluster for anything: there is nothing to be listed as allowed.
    { says: 'gives rights on the cluster', isBrokenBy: ofRbac },
    {
      says: 'is of a kind that no rule knows',
      isBrokenBy: (document) => !isKnown(document) && !ofRbac(document) && document.kind !== 'Secret',
    },
    {
      says: 'is in a namespace that the manifests do not make',
      isBrokenBy: (document) =>
        isKnown(document) && document.kind !== 'Namespace' && !document.namespaces.has(document.metadata.namespace),
    },
  ],
};

const NAMESPACES = {
  subjectsOf: isOfKind('Namespace'),
  rules: [
    {
      says: 'does not enforce restricted pod security',
      isBrokenBy: ({ metadata }) => metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted',
    },
  ],
};

const SERVICE_ACCOUNTS = {
  subjectsOf: isOfKind('ServiceAccount'),
  rules: [
    {
      says: 'gives its token to pods',
      isBrokenBy: ({ automountServiceAccountToken }) => automountServiceAccountToken !== false,
    },
  ],
};

const SERVICES = {
  subjectsOf: isOfKind('Service'),
  rules: [
    {
      says: 'is reached from outside the cluster, or leads there: only ClusterIP is allowed',
      isBrokenBy: ({ spec }) => (spec.type ?? 'ClusterIP') !== 'ClusterIP',
    },
    {
      says: 'takes addresses from outside the cluster',
      isBrokenBy: ({ spec }) => (spec.externalIPs ?? []).length > 0,
    },
  ],
};

export const CLUSTER = [DOCUMENTS, NAMESPACES, SERVICE_ACCOUNTS, SERVICES];
