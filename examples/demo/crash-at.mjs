import { runningService } from '@intendant/lab';
import { tellDecision } from './accounts.mjs';
import { audit } from './proofs.mjs';
import { recordSought } from './record-sought.mjs';
import { tellSagaTimeline } from './saga-timeline.mjs';
import { prepareWave } from './wave.mjs';
import { tellPolicies } from './wave-outcome.mjs';

/** The Runtime is killed in the middle of the wave migration, when a record is in the log; the saga goes on. */
export async function crashAt(stage, wanted) {
  const sought = recordSought(wanted);
  stage.printer.title(`insurance.migrate_wave, and kill -9 of the Runtime at ${wanted}`);
  const wave = await prepareWave(stage);
  try {
    await crashAndRecover(stage, wave, sought);
  } finally {
    wave.systems.close();
  }
}

async function crashAndRecover(stage, { lead, auditor, systems, intent }, sought) {
  const { printer, expectations } = stage;
  const { executionId } = (await lead.submit(intent)).execution;
  const crash = await followAndKill(stage, lead, executionId, sought);
  const { status, error } = await lead.result(executionId);
  printer.entry('execution', `${executionId} ${status}${error === null ? '' : `: ${error.code}`}`);
  printer.legend(executionId);
  const pids = printer.golden ? '' : ` (pid ${crash.pid}; now pid ${crash.nextPid})`;
  printer.entry('killed', `the Runtime, with SIGKILL; its launcher started it again${pids}`);
  tellDecision(printer, await lead.decision(executionId));
  const { records } = await lead.events(executionId, { limit: 1_000 });
  tellSagaTimeline(printer, records, { after: crash.seq, text: 'this record was seen, and the Runtime killed' });
  expectations.expect(status === 'completed', `the saga is completed, not ${status}`);
  tellPolicies(stage, systems, records, executionId);
  await audit(auditor, [executionId], printer, expectations);
}

/** Follows the saga to its end, through the kill: the stream goes on with the Runtime that comes next. */
async function followAndKill({ url, dataDir }, lead, executionId, sought) {
  /** @type {{ seq: number, pid: number, next: Promise<number> } | undefined} */
  let crash;
  for await (const record of lead.stream(executionId)) {
    if (crash !== undefined || !sought.is(record)) continue;
    const runtime = runningService(dataDir, url, 'runtime');
    crash = { seq: record.seq, pid: runtime.pid, next: runtime.killAndAwaitNext() };
    // awaited below; until then its failure is nobody's
    crash.next.catch(() => undefined);
  }
  if (crash === undefined) throw new Error(await notFound(lead, executionId, sought));
  return { seq: crash.seq, pid: crash.pid, nextPid: await crash.next };
}

async function notFound(lead, executionId, { text }) {
  const { records } = await lead.events(executionId, { limit: 1_000 });
  const types = [...new Set(records.map(({ type }) => type))].join(', ');
  const steps = [...new Set(records.flatMap(({ data }) => data.stepId ?? []))].join(', ');
  const last = records.at(-1)?.seq;
  return `The saga has no record ${text}; nothing was killed.\n  Types: ${types}\n  Steps: ${steps}\n  Seqs: 1 to ${last}`;
}
