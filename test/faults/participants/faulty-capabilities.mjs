const artifact = { type: 'object', required: ['resultType'], properties: { resultType: { const: 'echo' } } };

const capability = (name, more = {}) => ({
  name: `bench.${name}`,
  version: '1.0.0',
  realm: 'bench',
  intents: [`bench.${name}`],
  inputContract: { type: 'object' },
  outputContract: { type: 'object', properties: { artifacts: { type: 'array', items: artifact } } },
  determinism: 'deterministic',
  sideEffects: 'none',
  // more than a busy machine takes for anything, a start of this service included
  timeoutMs: 60_000,
  ...more,
});

const soon = { attemptsMax: 2, initialMs: 50 };
const short = { timeoutMs: 250, retry: soon };

export const capabilities = [
  capability('echo', { retry: { attemptsMax: 10, initialMs: 100, capMs: 500 } }),
  capability('hang', short),
  capability('hang_effectful', { ...short, sideEffects: 'effectful' }),
  capability('hang_park', { ...short, sideEffects: 'effectful', unknownOutcome: 'park' }),
  capability('flaky', { retry: { attemptsMax: 3, initialMs: 50 } }),
  capability('flaky_slow', { retry: { attemptsMax: 3, initialMs: 3_000, factor: 1 } }),
  capability('refuse'),
  capability('throw', { retry: soon }),
  capability('broken'),
  capability('late', { timeoutMs: 1_000, retry: { attemptsMax: 10, initialMs: 50 }, sideEffects: 'idempotent' }),
  capability('mutate'),
  capability('crash', { sideEffects: 'idempotent', retry: { attemptsMax: 3, initialMs: 50 } }),
  capability('crash_park', { sideEffects: 'effectful', unknownOutcome: 'park' }),
  capability('read', { dataReferences: ['/contentRef'] }),
];
