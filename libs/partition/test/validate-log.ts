import { evolve, noExecution } from '@intendant/execution';
import { recordProblem, verifyStream, type Wal } from '@intendant/wal';

/** What is wrong with the log of an execution: its chain, its records, its order. */
export async function validateLog(wal: Wal, executionId: string): Promise<readonly string[]> {
  const entries = await wal.readStream(executionId);
  const records = entries.flatMap((entry) => entry.records);
  const findings = [verifyStream(executionId, entries)?.finding ?? null, ...records.map(recordProblem)];
  try {
    records.reduce(evolve, noExecution(executionId));
  } catch (error) {
    findings.push((error as Error).message);
  }
  return findings.filter((finding) => finding !== null);
}
