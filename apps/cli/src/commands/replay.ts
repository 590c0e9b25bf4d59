import type { ReplayMode, ReplayReply, SessionReplayReply } from '@intendant/client';
import { Command, Option } from 'commander';
import { Exit } from '../exit-codes.js';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { type Cell, listLines } from '../table.js';

const MODES: readonly ReplayMode[] = ['events_only', 'state_only', 'full'];

export const replayCommand = (runner: Runner): Command =>
  new Command('replay')
    .argument('<id>', 'execution id, session id, or last')
    .addOption(new Option('--mode <mode>', 'what to replay').choices(MODES).default('state_only'))
    .description('replay an execution or a session from the log; nothing is changed')
    .action(
      runner(async (run, [given = ''], { mode }: { mode: ReplayMode }): Promise<Exit> => {
        if (given.startsWith('ses_')) return replaySession(run, given, mode);
        const executionId = await run.executionId(given);
        const reply = await (await run.client()).replay(executionId, mode);
        run.print({ json: reply, ids: () => [executionId], table: () => replayLines(run, executionId, reply) });
        return reply.equal === false ? Exit.notVerified : Exit.ok;
      }),
    );

async function replaySession(run: Invocation, sessionId: string, mode: ReplayMode): Promise<Exit> {
  const reply = await (await run.client()).replaySession(sessionId, mode);
  const executions = executionsOf(reply);
  run.print({
    json: reply,
    ids: () => executions.map(({ executionId }) => executionId),
    table: () => executions.flatMap((one) => [...replayLines(run, one.executionId, one), '']),
  });
  return executions.some(({ equal }) => equal === false) ? Exit.notVerified : Exit.ok;
}

type Replayed = Partial<ReplayReply> & { readonly executionId: string };

const executionsOf = (reply: SessionReplayReply): Replayed[] =>
  Array.isArray(reply['executions']) ? (reply['executions'] as Replayed[]) : [];

function replayLines(run: Invocation, executionId: string, reply: Partial<ReplayReply>): string[] {
  const { palette } = run;
  const { mode, digest, liveDigest, equal, records, state } = reply;
  const verdict: Cell | null =
    equal === undefined ? null : equal ? ['as it is live', palette.green] : ['DIFFERS from what is live', palette.red];
  return listLines(
    {
      execution: executionId,
      mode,
      digest,
      live: equal === false ? liveDigest : null,
      verdict,
      records: records === undefined ? null : String(records.length),
      status: typeof state?.['status'] === 'string' ? state['status'] : null,
    },
    palette,
  );
}
