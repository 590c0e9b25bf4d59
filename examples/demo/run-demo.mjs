import { IntendantClient } from '@intendant/client';
import { dataDirectoryOf, issueLabToken } from '@intendant/lab';
import { connectionAdvice } from './connection-advice.mjs';
import { Expectations } from './expectations.mjs';
import { Printer } from './printer.mjs';
import { audit, deny, refuseInvalid, submitTwice } from './proofs.mjs';
import { runShowcase } from './showcase.mjs';

/**
 * Runs the whole demonstration against `INTENDANT_URL`. Resolves with 0 when everything went as it should.
 * @param {{ golden: boolean, env: NodeJS.ProcessEnv }} options
 */
export async function runDemo({ golden, env }) {
  const url = env.INTENDANT_URL || 'http://127.0.0.1:7400';
  const printer = new Printer(golden, env);
  const expectations = new Expectations(printer);
  /** @type {IntendantClient[]} */
  const clients = [];
  const actAs = async (userId, ...roles) => {
    const token = await issueLabToken({ dataDir: dataDirectoryOf(env), tenantId: 't_showcase', userId, roles });
    const client = new IntendantClient({ url, token, retry: { deadlineMs: 5_000 } });
    clients.push(client);
    return client;
  };
  try {
    const analyst = await actAs('analyst', 'analyst');
    const auditor = await actAs('auditor', 'auditor');
    const reviewer = await actAs('reviewer', 'member', 'auditor');
    const showcase = await runShowcase(analyst, printer, expectations);
    await deny(reviewer, printer, expectations);
    await refuseInvalid(analyst, showcase.sessionId, printer, expectations);
    await submitTwice(analyst, showcase.last, printer, expectations);
    await audit(auditor, showcase.executionIds, printer, expectations);
    return expectations.conclude();
  } catch (failure) {
    process.stderr.write(`\n${connectionAdvice(failure, url)}\n`);
    return 1;
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
}
