// A domain service whose artifacts say more than the log holds itself, and one that looks into them.
import { runParticipant } from '@intendant/participant';

const COMMON = {
  version: '1.0.0',
  realm: 'bench',
  inputContract: { type: 'object' },
  outputContract: { type: 'object' },
  determinism: 'deterministic',
  sideEffects: 'none',
};

const capabilities = [
  { ...COMMON, name: 'bench.gather', intents: ['bench.gather'] },
  { ...COMMON, name: 'bench.borrow', intents: ['bench.borrow'] },
  { ...COMMON, name: 'bench.count', intents: ['bench.count'], dataReferences: ['/rowsId'] },
];

class Bulky {
  getSupportedIntents() {
    return capabilities.map(({ name }) => name);
  }

  handleIntent({ intentType, payload }, { references }) {
    if (intentType === 'bench.borrow') return borrow(payload);
    return intentType === 'bench.gather' ? gather(payload) : count(references.artifact(payload.rowsId));
  }
}

function gather({ count: rows }) {
  const semanticPayload = { rows: Array.from({ length: rows }, (_, index) => `row ${index}`) };
  const artifact = { artifactId: `rows_${rows}`, resultType: 'rows', semanticPayload, renderings: [], parents: [] };
  return { artifacts: [artifact], events: [], stateChanges: [] };
}

/** Names content that nobody gave to it. */
function borrow({ content }) {
  const renderings = [{ mediaType: 'text/plain', content }];
  const artifact = { artifactId: 'rows_borrowed', resultType: 'rows', semanticPayload: {}, renderings, parents: [] };
  return { artifacts: [artifact], events: [], stateChanges: [] };
}

function count(artifact) {
  const data = { rows: artifact.semanticPayload.rows.length, members: Object.keys(artifact).sort() };
  return { artifacts: [], events: [{ eventType: 'bench.counted', data }], stateChanges: [] };
}

await runParticipant({ service: 'bench', participant: Bulky, capabilities });
