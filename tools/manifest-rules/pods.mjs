// The restricted pod security standard of Kubernetes, and stricter where nothing here needs what it allows.
import { containersOf, podsOf } from './documents.mjs';

/** Of the standard's list without `projected`, which may hold a token of the cluster, and `csi`, which holds what a driver likes. */
const VOLUMES = new Set(['configMap', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'secret']);

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

const isSet = (value) => value !== undefined && value !== null;
const isNotOff = (value) => (value ?? false) !== false;
const kindsOf = (volume) => Object.keys(volume).filter((key) => key !== 'name');
const isListed = (profile) => (profile ?? { type: 'RuntimeDefault' }).type === 'RuntimeDefault';

/** Of a pod and of a container, whose settings go before those of its pod. */
const OF_EITHER = [
  { says: 'runs as user 0', isBrokenBy: ({ securityContext: context }) => context?.runAsUser === 0 },
  { says: 'has options of SELinux', isBrokenBy: ({ securityContext: context }) => isSet(context?.seLinuxOptions) },
  { says: 'has options of Windows', isBrokenBy: ({ securityContext: context }) => isSet(context?.windowsOptions) },
  {
    says: 'has an AppArmor profile other than RuntimeDefault',
    isBrokenBy: ({ securityContext: context, metadata }) =>
      !isListed(context?.appArmorProfile) ||
      Object.keys(metadata?.annotations ?? {}).some((name) => name.startsWith(APPARMOR_ANNOTATION)),
  },
];

const PODS = {
  subjectsOf: (documents) =>
    podsOf(documents).map((pod) => ({ ...pod.spec, where: pod.where, metadata: pod.metadata })),
  rules: [
    ...OF_EITHER,
    { says: 'is in the network of its node', isBrokenBy: ({ hostNetwork }) => isNotOff(hostNetwork) },
    { says: 'is among the processes of its node', isBrokenBy: ({ hostPID }) => isNotOff(hostPID) },
    { says: 'shares memory with its node', isBrokenBy: ({ hostIPC }) => isNotOff(hostIPC) },
    {
      says: 'lacks "runAsNonRoot: true"',
      isBrokenBy: ({ securityContext: context }) => context?.runAsNonRoot !== true,
    },
    {
      says: 'lacks "seccompProfile: RuntimeDefault"',
      isBrokenBy: ({ securityContext: context }) => context?.seccompProfile?.type !== 'RuntimeDefault',
    },
    {
      says: 'sets parameters of the kernel',
      isBrokenBy: ({ securityContext: context }) => (context?.sysctls ?? []).length > 0,
    },
    {
      says: 'is given a token of the cluster',
      isBrokenBy: ({ automountServiceAccountToken }) => automountServiceAccountToken !== false,
    },
    {
      says: 'has a volume of a kind that is not allowed',
      isBrokenBy: ({ volumes }) => (volumes ?? []).flatMap(kindsOf).filter((kind) => !VOLUMES.has(kind)),
    },
  ],
};

/** Requests that a node makes for a container; with a host they go elsewhere than to it. */
const requestsFor = ({ startupProbe, livenessProbe, readinessProbe, lifecycle }) =>
  [startupProbe, livenessProbe, readinessProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((action) =>
    [action?.httpGet, action?.tcpSocket].filter(isSet),
  );

const CONTAINERS = {
  subjectsOf: containersOf,
  rules: [
    ...OF_EITHER,
    { says: 'is privileged', isBrokenBy: ({ securityContext: context }) => isNotOff(context?.privileged) },
    {
      says: 'lacks "allowPrivilegeEscalation: false"',
      isBrokenBy: ({ securityContext: context }) => context?.allowPrivilegeEscalation !== false,
    },
    {
      says: 'lacks "readOnlyRootFilesystem: true"',
      isBrokenBy: ({ securityContext: context }) => context?.readOnlyRootFilesystem !== true,
    },
    {
      says: 'lacks "drop: [ALL]"',
      isBrokenBy: ({ securityContext: context }) => !(context?.capabilities?.drop ?? []).includes('ALL'),
    },
    { says: 'adds a capability', isBrokenBy: ({ securityContext: context }) => context?.capabilities?.add ?? [] },
    {
      says: 'takes back "runAsNonRoot: true" of its pod',
      isBrokenBy: ({ securityContext: context }) => (context?.runAsNonRoot ?? true) !== true,
    },
    {
      says: 'takes back "seccompProfile: RuntimeDefault" of its pod',
      isBrokenBy: ({ securityContext: context }) => !isListed(context?.seccompProfile),
    },
    {
      says: 'sees more of /proc than others',
      isBrokenBy: ({ securityContext: context }) => (context?.procMount ?? 'Default') !== 'Default',
    },
    {
      says: 'takes a port of its node',
      isBrokenBy: ({ ports }) => (ports ?? []).flatMap(({ hostPort }) => ((hostPort ?? 0) === 0 ? [] : [hostPort])),
    },
    {
      says: 'makes its node ask another host',
      isBrokenBy: (container) => requestsFor(container).flatMap(({ host }) => host ?? []),
    },
  ],
};

export const POD_SECURITY = [PODS, CONTAINERS];
