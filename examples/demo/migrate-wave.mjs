import { tellDecision } from './accounts.mjs';
import { audit } from './proofs.mjs';
import { tellSagaTimeline } from './saga-timeline.mjs';
import { OthersPolicies, prepareWave } from './wave.mjs';
import { tellPolicies } from './wave-outcome.mjs';

/** The wave migration as it should go; left out where it would move policies of others. */
export async function migrateWave(stage) {
  const { printer } = stage;
  printer.title('Saga insurance.migrate_wave: move policies from a legacy system into a new one');
  try {
    const wave = await prepareWave(stage);
    await migrate(stage, wave).finally(() => wave.systems.close());
  } catch (failure) {
    if (!(failure instanceof OthersPolicies)) throw failure;
    printer.entry('left out', failure.message);
  }
}

async function migrate(stage, { lead, auditor, systems, intent }) {
  const { printer, expectations } = stage;
  const { executionId } = (await lead.submit(intent)).execution;
  const { status } = await lead.waitFor(executionId);
  printer.entry('execution', `${executionId} ${status}`);
  printer.legend(executionId);
  tellDecision(printer, await lead.decision(executionId));
  const { records } = await lead.events(executionId, { limit: 1_000 });
  tellSagaTimeline(printer, records);
  expectations.expect(status === 'completed', `the saga is completed, not ${status}`);
  tellPolicies(stage, systems, records, executionId);
  await audit(auditor, [executionId], printer, expectations);
}
