// Everything is denied; what is allowed beside goes from somebody to somebody on some port.
import { isDeepStrictEqual } from 'node:util';

const NOTHING_ALLOWED = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };

/** Policies that reach further than any other may, as they must be, each with its reason. */
const LISTED = {
  // Issuers of tokens are anywhere on the internet; never in a private network, where everything else is that listens on 443.
  'runtime-to-issuers': {
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'runtime' } },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [
          {
            ipBlock: {
              cidr: '0.0.0.0/0',
              except: ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
            },
          },
        ],
        ports: [{ port: 443 }],
      },
    ],
  },
};

/** Policies that are for every pod, each with its reason; peers and ports are judged as those of all others. */
const FOR_EVERY_POD = new Set([
  // Names are asked for by everybody.
  'all-to-names',
  // Every process has its health and metrics on 7480.
  'monitoring-to-health',
]);

/** Longer prefixes are networks that somebody named on purpose; shorter ones may hold all the pods of a cluster. */
const PREFIX_MIN = { v4: 24, v6: 64 };

/** Every pod of the manifests carries it, so that it tells none from another. */
const LABEL_OF_ALL = 'app.kubernetes.io/part-of';

/** Whether it picks some of what there is. `Exists` and negations pick what nobody thought of. */
const picks = (selector) =>
  Object.keys(selector?.matchLabels ?? {}).some((label) => label !== LABEL_OF_ALL) ||
  (selector?.matchExpressions ?? []).some(({ key, operator }) => operator === 'In' && key !== LABEL_OF_ALL);

const isWide = (cidr) => Number(cidr.split('/')[1]) < (cidr.includes(':') ? PREFIX_MIN.v6 : PREFIX_MIN.v4);

/** Pods of a namespace are as many as the namespace; in every namespace even a label picks those of anybody. */
const isEverybody = ({ ipBlock, namespaceSelector, podSelector }) =>
  ipBlock === undefined ? !picks(namespaceSelector ?? podSelector) : isWide(ipBlock.cidr);

const isOnePort = ({ port, endPort }) => port !== undefined && endPort === undefined;

const policiesOf = (documents) => documents.filter(({ kind }) => kind === 'NetworkPolicy');
const deniesEverything = ({ spec }) => {
  const { ingress = [], egress = [], ...rest } = spec;
  return ingress.length === 0 && egress.length === 0 && isDeepStrictEqual(rest, NOTHING_ALLOWED);
};
const isListed = ({ metadata, spec }) => isDeepStrictEqual(spec, LISTED[metadata.name]);

const NAMESPACES = {
  subjectsOf: (documents) => {
    const denying = policiesOf(documents).filter(deniesEverything);
    return documents
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ where, metadata }) => ({
        where,
        denials: denying.filter((policy) => policy.metadata.namespace === metadata.name).length,
      }));
  },
  rules: [
    { says: 'needs exactly one NetworkPolicy that denies everything', isBrokenBy: ({ denials }) => denials !== 1 },
  ],
};

const POLICIES = {
  subjectsOf: (documents) => policiesOf(documents).filter((policy) => !deniesEverything(policy) && !isListed(policy)),
  rules: [
    {
      says: 'is for every pod',
      isBrokenBy: ({ metadata, spec }) => !picks(spec.podSelector) && !FOR_EVERY_POD.has(metadata.name),
    },
  ],
};

const EDGES = {
  subjectsOf: (documents) =>
    POLICIES.subjectsOf(documents).flatMap(({ where, spec }) =>
      ['ingress', 'egress'].flatMap((direction) =>
        (spec[direction] ?? []).map(({ from, to, ports }, index) => ({
          where: `${where}, ${direction} ${index + 1}`,
          peers: from ?? to ?? [],
          ports: ports ?? [],
        })),
      ),
    ),
  rules: [
    { says: 'names nobody and so allows everybody', isBrokenBy: ({ peers }) => peers.length === 0 },
    { says: 'has everybody as a peer', isBrokenBy: ({ peers }) => peers.some(isEverybody) },
    {
      says: 'allows all ports or a range of them',
      isBrokenBy: ({ ports }) => ports.length === 0 || !ports.every(isOnePort),
    },
  ],
};

export const NETWORK = [NAMESPACES, POLICIES, EDGES];
