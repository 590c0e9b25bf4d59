// The domain service of the bench: gives back what it got, alone, as steps of plans and as a saga as code.
import { runParticipant } from '@intendant/participant';

const anyObject = { type: 'object' };
const payload = {
  type: 'object',
  required: ['n', 'text'],
  properties: { n: { type: 'integer' }, text: { type: 'string' } },
};

class EchoParticipant {
  getSupportedIntents() {
    return capabilities.flatMap(({ intents }) => intents);
  }

  async handleIntent(intent, { stepId }) {
    const { n } = intent.payload;
    const artifact = {
      artifactId: `echo_${intent.intentId}-${stepId}`,
      resultType: 'echo',
      semanticPayload: intent.payload,
      renderings: [],
      parents: [],
    };
    return { artifacts: [artifact], events: [], stateChanges: [{ scope: 'execution', key: 'n', value: n }] };
  }

  async handleSaga(intent, ctx) {
    const { n, wakeAtMs } = intent.payload;
    if (wakeAtMs !== undefined) await ctx.sleep('until', wakeAtMs - ctx.now());
    else
      for (let step = 1; step <= (intent.payload.steps ?? 5); step += 1)
        await ctx.step(`s${step}`, async () => intent.payload);
    return { artifacts: [], events: [{ eventType: 'bench.done', data: { n } }], stateChanges: [] };
  }
}

const common = {
  version: '1.0.0',
  realm: 'bench',
  inputContract: payload,
  outputContract: anyObject,
  determinism: 'deterministic',
  sideEffects: 'none',
};
const capability = (name, more = {}) => ({ ...common, name, intents: [name], ...more });

/** One step after the other. */
const chain = (count) => ({
  steps: Array.from({ length: count }, (_unused, index) => ({
    stepId: `s${index + 1}`,
    intent: 'bench.echo',
    dependsOn: index === 0 ? [] : [`s${index}`],
  })),
});

const capabilities = [
  capability('bench.echo'),
  capability('bench.five', { plan: chain(5) }),
  capability('bench.twenty', { plan: chain(20) }),
  capability('bench.coded', { durable: true }),
  capability('bench.sleep', { durable: true }),
];

await runParticipant({ service: 'bench', participant: EchoParticipant, capabilities });
