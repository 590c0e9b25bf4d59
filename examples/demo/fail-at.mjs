import { tellDecision } from './accounts.mjs';
import { audit } from './proofs.mjs';
import { tellSagaTimeline } from './saga-timeline.mjs';
import { tellUnwound } from './unwound-tree.mjs';
import { prepareWave } from './wave.mjs';

/** How each step is made to fail: never inside of the service, always by what it finds. */
const MISHAPS = {
  route_policies: {
    what: 'a quality gate that lets no defect pass',
    code: 'gate_failed',
    arrange: (wave) => ({ ...wave.intent.payload, gates: { dataQuality: { minScore: 1 } } }),
  },
  execute_migration: {
    what: 'a policy is worth more than the new system insures',
    code: 'target_rejected',
    arrange: ({ systems, intent }) => {
      systems.raiseCoverage(systems.freePolicies().findLast((policyId) => policyId.startsWith('C')));
      return intent.payload;
    },
  },
  validate_results: {
    what: 'somebody changes what was written into the new system',
    code: 'migration_invalid',
    arrange: ({ systems, intent }) => {
      systems.letSomebodyMeddle();
      return intent.payload;
    },
  },
};

/** The wave migration fails at one step, and everything before it is undone. */
export async function failAt(stage, stepId) {
  const mishap = Object.hasOwn(MISHAPS, stepId) ? MISHAPS[stepId] : undefined;
  if (mishap === undefined)
    throw new Error(
      `No way to make "${stepId}" fail. Possible are:\n${Object.entries(MISHAPS)
        .map(([name, { what }]) => `  --fail-at=${name.padEnd(18)} ${what}`)
        .join('\n')}`,
    );
  const { printer } = stage;
  printer.title(`insurance.migrate_wave fails at ${stepId}: ${mishap.what}`);
  const wave = await prepareWave(stage);
  try {
    await failAndUnwind(stage, wave, { ...mishap, stepId });
  } finally {
    wave.systems.repair();
    wave.systems.close();
  }
}

async function failAndUnwind({ printer, expectations }, wave, { arrange, code, stepId }) {
  const { lead, auditor, systems, intent } = wave;
  const payload = arrange(wave);
  const before = systems.inspect().systemsDigest;
  const { executionId } = (await lead.submit({ ...intent, payload })).execution;
  const { status, error } = await lead.waitFor(executionId);
  printer.entry('execution', `${executionId} ${status}`);
  printer.legend(executionId);
  tellDecision(printer, await lead.decision(executionId));
  const { records } = await lead.events(executionId, { limit: 1_000 });
  tellSagaTimeline(printer, records);
  const saga = await lead.saga(executionId);
  tellUnwound(printer, saga, records);
  const message = printer.golden ? error?.message.replace(/-DEMO-\d+/g, '-DEMO-n') : error?.message;
  printer.entry('error', printer.bad(`${error?.code}: ${message}`));
  expectations.expect(status === 'compensated', `the saga is compensated, not ${status}`);
  expectations.expect(error?.code === code, `${stepId} failed because of ${code}, not of ${error?.code}`);
  expectations.expect(saga.unwinding?.stepId?.split('.')[0] === stepId, `${stepId} is what failed`);
  const { systemsDigest, withoutSingleOwner } = systems.inspect();
  const same = systemsDigest === before && withoutSingleOwner.length === 0;
  printer.entry('systems', same ? printer.good('both as before, row by row') : printer.bad('NOT AS BEFORE'));
  expectations.expect(same, 'both systems are as before');
  await audit(auditor, [executionId], printer, expectations);
}
