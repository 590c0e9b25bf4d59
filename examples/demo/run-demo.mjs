import { IntendantClient } from '@intendant/client';
import { dataDirectoryOf, issueLabToken } from '@intendant/lab';
import { connectionAdvice } from './connection-advice.mjs';
import { crashAt as runCrashAt } from './crash-at.mjs';
import { Expectations } from './expectations.mjs';
import { failAt as runFailAt } from './fail-at.mjs';
import { migrateWave } from './migrate-wave.mjs';
import { Printer } from './printer.mjs';
import { audit, deny, refuseInvalid, submitTwice } from './proofs.mjs';
import { runShowcase } from './showcase.mjs';

/** Long enough for a Runtime that was killed to be back. */
const PATIENT_MS = 60_000;

/**
 * Runs the demonstration that was asked for against `INTENDANT_URL`. Resolves with 0 when everything went as it should.
 * @param {{ golden: boolean, failAt?: string, crashAt?: string, env: NodeJS.ProcessEnv }} options
 */
export async function runDemo({ golden, failAt, crashAt, env }) {
  const url = env.INTENDANT_URL || 'http://127.0.0.1:7400';
  const dataDir = dataDirectoryOf(env);
  const printer = new Printer(golden, env);
  const expectations = new Expectations(printer);
  /** @type {IntendantClient[]} */
  const clients = [];
  const actAs = async (tenantId, userId, roles, deadlineMs = 5_000) => {
    const token = await issueLabToken({ dataDir, tenantId, userId, roles });
    const client = new IntendantClient({ url, token, retry: { deadlineMs } });
    clients.push(client);
    return client;
  };
  const stage = { url, dataDir, actAs, printer, expectations, patientMs: PATIENT_MS };
  try {
    if (failAt !== undefined) await runFailAt(stage, failAt);
    else if (crashAt !== undefined) await runCrashAt(stage, crashAt);
    else await runEverything(stage);
    return expectations.conclude();
  } catch (failure) {
    process.stderr.write(`\n${connectionAdvice(failure, url)}\n`);
    return 1;
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
}

async function runEverything(stage) {
  const { actAs, printer, expectations } = stage;
  const analyst = await actAs('t_showcase', 'analyst', ['analyst']);
  const auditor = await actAs('t_showcase', 'auditor', ['auditor']);
  const reviewer = await actAs('t_showcase', 'reviewer', ['member', 'auditor']);
  const showcase = await runShowcase(analyst, printer, expectations);
  await deny(reviewer, printer, expectations);
  await refuseInvalid(analyst, showcase.sessionId, printer, expectations);
  await submitTwice(analyst, showcase.last, printer, expectations);
  await audit(auditor, showcase.executionIds, printer, expectations);
  await migrateWave(stage);
}
