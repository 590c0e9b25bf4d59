// The domain service of the bench: gives back what it got.
import { runParticipant } from '@intendant/participant';

const anyObject = { type: 'object' };

class EchoParticipant {
  getSupportedIntents() {
    return ['bench.echo'];
  }

  async handleIntent(intent) {
    const { n } = intent.payload;
    const artifact = {
      artifactId: `echo_${intent.intentId}`,
      resultType: 'echo',
      semanticPayload: intent.payload,
      renderings: [],
      parents: [],
    };
    return { artifacts: [artifact], events: [], stateChanges: [{ scope: 'execution', key: 'n', value: n }] };
  }
}

await runParticipant({
  service: 'bench',
  participant: EchoParticipant,
  capabilities: [
    {
      name: 'bench.echo',
      version: '1.0.0',
      realm: 'bench',
      intents: ['bench.echo'],
      inputContract: {
        type: 'object',
        required: ['n', 'text'],
        properties: { n: { type: 'integer' }, text: { type: 'string' } },
      },
      outputContract: anyObject,
      determinism: 'deterministic',
      sideEffects: 'none',
    },
  ],
});
