// A domain service that does everything a domain service must not do, when its payload asks for it.
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runParticipant, StepFailure } from '@intendant/participant';
import { capabilities } from './faulty-capabilities.mjs';

const placeOf = (name) => join(process.env.INTENDANT_DATA_DIR, name);

/** Whether the gate that the payload names is closed: a file is there as long as it is. */
const isClosed = ({ payload: { gate } }) => gate !== undefined && existsSync(placeOf(`gate-${gate}`));

const artifactOf = (intent, semanticPayload) => ({
  artifactId: `echo_${intent.intentId.replaceAll('-', '')}`,
  resultType: 'echo',
  semanticPayload,
  renderings: [],
  parents: [],
});

const resultOf = (intent, semanticPayload) => ({
  artifacts: [artifactOf(intent, semanticPayload)],
  events: [],
  stateChanges: [],
});

/** What a capability does, by the word after the dot; a name with more words does what its first word does. */
const BEHAVIOURS = {
  async echo(intent) {
    await pause(intent.payload.waitMs ?? 0);
    while (isClosed(intent)) await pause(10);
    return resultOf(intent, intent.payload);
  },

  hang: () => new Promise(() => undefined),

  async flaky(intent, { logicalAttempt }) {
    if (logicalAttempt < 3) throw new StepFailure('not_yet', `attempt ${logicalAttempt}`, { retryable: true });
    return resultOf(intent, { logicalAttempt });
  },

  async refuse() {
    throw new StepFailure('no_such_thing', 'asking again will not help', { details: { asked: 'thing' } });
  },

  async throw(intent) {
    throw new Error(intent.payload.message);
  },

  async broken(intent) {
    const ok = resultOf(intent, { n: 1 });
    const circle = {};
    circle.self = circle;
    const BROKEN = {
      output: { ...ok, artifacts: [{ ...ok.artifacts[0], resultType: 'surprise' }] },
      text: { ...ok, artifacts: 'done' },
      unstructured: { ...ok, artifacts: [{ ...ok.artifacts[0], semanticPayload: 'words' }] },
      extra: { ...ok, sideEffects: [] },
      nothing: undefined,
      circle: resultOf(intent, circle),
      notJson: resultOf(intent, { n: Number.NaN }),
    };
    return BROKEN[intent.payload.kind];
  },

  // Blocks the event loop until its gate opens: the answer leaves after everybody has given up on it.
  async late(intent, { deliveryAttempt }) {
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    while (deliveryAttempt === 1 && isClosed(intent)) Atomics.wait(nothing, 0, 0, 10);
    return resultOf(intent, { deliveryAttempt });
  },

  async mutate(intent, context) {
    const refused = [];
    const attempts = {
      payload: () => (intent.payload.n = 2),
      nested: () => intent.payload.list.push(4),
      tenant: () => (intent.tenantId = 't_other'),
      context: () => (context.tenantId = 't_other'),
      content: () => (context.content.read = () => 'mine'),
      roles: () => context.roles.push('policy_admin'),
    };
    for (const [name, attempt] of Object.entries(attempts))
      try {
        attempt();
      } catch {
        refused.push(name);
      }
    return resultOf(intent, { refused, n: intent.payload.n, list: intent.payload.list });
  },

  async crash(intent, { deliveryAttempt }) {
    if (deliveryAttempt === 1) process.exit(1);
    return resultOf(intent, { deliveryAttempt });
  },

  async read(intent, context) {
    const stream = await context.content.read(intent.payload.read);
    const chunks = await stream.toArray();
    return resultOf(intent, { text: Buffer.concat(chunks).toString('utf8') });
  },
};

class FaultyParticipant {
  getSupportedIntents() {
    return capabilities.map(({ name }) => name);
  }

  async handleIntent(intent, context) {
    const { intentType, intentId } = intent;
    const { executionId, logicalAttempt, deliveryAttempt } = context;
    const line = JSON.stringify({ intentType, intentId, executionId, logicalAttempt, deliveryAttempt });
    appendFileSync(placeOf('handled.jsonl'), `${line}\n`);
    const result = await BEHAVIOURS[intentType.split('.')[1].split('_')[0]](intent, context);
    appendFileSync(placeOf('ended.jsonl'), `${line}\n`);
    return result;
  }
}

await runParticipant({ service: 'bench', participant: FaultyParticipant, capabilities });
