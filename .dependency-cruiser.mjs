// The rings: each library imports only what is further in. tools/check-boundary-rules.mjs proves that every rule bites.

/** What each library may import from the others; what is not listed is not allowed. */
const MAY_IMPORT = {
  kernel: [],
  'intent-model': ['kernel'],
  'data-brain': ['kernel', 'intent-model'],
  wal: ['kernel', 'intent-model'],
  saga: ['kernel', 'intent-model'],
  policy: ['kernel', 'intent-model'],
  registry: ['kernel', 'intent-model'],
  execution: ['kernel', 'intent-model', 'wal', 'saga'],
  replay: ['kernel', 'intent-model', 'wal', 'saga', 'execution'],
  partition: ['kernel', 'intent-model', 'wal', 'saga', 'execution'],
  'wal-sqlite': ['kernel', 'intent-model', 'wal'],
  'wal-redis': ['kernel', 'wal'],
  'wal-kafka': ['kernel', 'wal'],
  'wal-remote': ['kernel', 'wal', 'wal-sqlite'],
  archive: ['wal', 'wal-sqlite'],
  'read-model': ['kernel', 'intent-model', 'wal', 'data-brain'],
  outbox: ['kernel', 'intent-model', 'wal'],
  client: ['kernel', 'intent-model'],
  'nest-kit': ['kernel', 'intent-model'],
  participant: ['kernel', 'intent-model', 'nest-kit'],
  testkit: ['kernel', 'intent-model', 'wal', 'saga', 'registry', 'execution', 'replay', 'partition', 'participant'],
};

/** Pure libraries: no I/O, no clock, no randomness, no framework. Hashes and checksums are arithmetic. */
const PURE = ['kernel', 'intent-model', 'data-brain', 'wal', 'saga', 'policy', 'registry', 'execution', 'replay'];
const PURE_CORE_MODULES = ['crypto', 'buffer', 'util', 'zlib'];

/** Packages that belong to one place. */
const OWNED = [
  ['libsql', '^libs/wal-sqlite/|^examples/insurance/src/systems/'],
  ['ioredis', '^libs/(wal-redis|outbox)/'],
  ['kafkajs', '^libs/(wal-kafka|outbox)/'],
  ['aws4fetch', '^libs/archive/'],
  ['casbin', '^libs/policy/'],
  ['ajv', '^libs/registry/|^examples/testing/|\\.spec\\.ts$'],
  ['typeorm', '^libs/read-model/|^apps/(curator|smart-city)/'],
  ['pg', '^libs/(read-model|outbox)/|^libs/nest-kit/src/testing/|^apps/(curator|smart-city|lab)/|\\.spec\\.ts$'],
  [
    '@nestjs/',
    '^libs/nest-kit/|^libs/participant/src/nest/|^apps/|^examples/[^/]+/src/[^/]+\\.(participant|module)\\.ts$|^examples/[^/]+/src/main\\.ts$',
  ],
];

const ringRules = Object.entries(MAY_IMPORT).map(([library, inner]) => ({
  name: `ring-${library}`,
  severity: 'error',
  from: { path: `^libs/${library}/`, pathNot: '\\.spec\\.ts$|/testing/' },
  to: { path: `^(libs/(?!(?:${[library, ...inner].join('|')})/)[^/]+|apps/[^/]+|examples/[^/]+)/` },
}));

const ownerRules = OWNED.map(([name, owner]) => ({
  name: `only-owner-imports-${name.replace(/\W/g, '')}`,
  severity: 'error',
  from: { path: '^(libs|apps|examples)/', pathNot: owner },
  to: { path: `(^|/)node_modules/${name}${name.endsWith('/') ? '' : '/'}` },
}));

export default {
  forbidden: [
    ...ringRules,
    ...ownerRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-libs-do-no-io',
      severity: 'error',
      from: { path: `^libs/(${PURE.join('|')})/src/`, pathNot: '\\.spec\\.ts$|/testing/' },
      to: { dependencyTypes: ['core'], pathNot: `^(node:)?(${PURE_CORE_MODULES.join('|')})$` },
    },
    {
      name: 'apps-not-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/($1|lab)/' },
    },
    {
      name: 'examples-use-the-sdk',
      severity: 'error',
      from: { path: '^examples/', pathNot: '^examples/demo/|\\.spec\\.ts$|/testing/' },
      to: { path: '^(libs/(?!(?:kernel|intent-model|participant)/)|apps/)' },
    },
    {
      name: 'nobody-imports-examples',
      severity: 'error',
      from: { path: '^(libs|apps)/' },
      to: { path: '^examples/' },
    },
    {
      name: 'no-deep-imports',
      severity: 'error',
      from: { path: '^(libs|apps|examples)/([^/]+)/' },
      to: { path: '^(libs|apps)/', pathNot: '^$1/$2/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(libs|apps|examples)/[^/]+/(dist|coverage|fixtures)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@intendant/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs'],
    },
  },
};
