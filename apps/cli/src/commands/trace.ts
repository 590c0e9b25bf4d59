import type { EventRecord, IntendantClient } from '@intendant/client';
import { Command } from 'commander';
import { Exit, exitOfExecution } from '../exit-codes.js';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { jsonText } from '../terminal.js';
import { decisionLines } from '../views/decision-view.js';
import { Timeline } from '../views/timeline.js';

export const traceCommand = (runner: Runner): Command =>
  new Command('trace')
    .argument('<execution>', 'execution id, or last')
    .option('-f, --follow', 'go on until the execution settles')
    .description('show why an execution was allowed and everything that happened, in order')
    .action(
      runner(async (run, [given = ''], { follow }: { follow?: boolean }): Promise<Exit> => {
        const client = await run.client();
        const executionId = await run.executionId(given);
        if (run.format === 'table') await printDecision(run, client, executionId);
        const show = shower(run);
        const records = follow === true ? client.stream(executionId) : recordsSoFar(client, executionId);
        for await (const record of records) show(record);
        return follow === true ? exitOfExecution((await client.status(executionId)).status) : Exit.ok;
      }),
    );

async function printDecision(run: Invocation, client: IntendantClient, executionId: string): Promise<void> {
  for (const line of decisionLines(await client.decision(executionId), run.palette)) run.terminal.line(line);
  run.terminal.line('');
}

async function* recordsSoFar(client: IntendantClient, executionId: string): AsyncGenerator<EventRecord, void> {
  let after: number | null = 0;
  while (after !== null) {
    const { records, nextAfter } = await client.events(executionId, { after, limit: 1_000 });
    yield* records;
    after = nextAfter;
  }
}

/** Records are printed one by one: as JSON, each on a line of its own; as ids, by seq. */
function shower(run: Invocation): (record: EventRecord) => void {
  const { terminal, format } = run;
  if (format === 'json') return (record) => terminal.line(jsonText(record));
  if (format === 'ids') return ({ seq }) => terminal.line(String(seq));
  const timeline = new Timeline(run.palette);
  terminal.line(timeline.header());
  return (record) => terminal.line(timeline.line(record));
}
