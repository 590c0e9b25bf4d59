import type { ReplayMode, ReplayReply, SessionReplayMode, SessionReplayReply } from '@intendant/client';
import { Command, Option } from 'commander';
import { Exit } from '../exit-codes.js';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { type Cell, listLines, tableLines } from '../table.js';
import { printable } from '../terminal.js';
import { UsageError } from '../usage-error.js';

const MODES: readonly ReplayMode[] = ['events_only', 'state_only', 'full'];

export const replayCommand = (runner: Runner): Command =>
  new Command('replay')
    .argument('<id>', 'execution id, session id, or last')
    .addOption(new Option('--mode <mode>', 'what to replay').choices(MODES).default('state_only'))
    .description('replay an execution or a session from the log, or run its handlers again; nothing is changed')
    .action(
      runner(async (run, [given = ''], { mode }: { mode: ReplayMode }): Promise<Exit> => {
        if (given.startsWith('ses_')) {
          if (mode === 'full') throw new UsageError('handlers are run again one execution at a time');
          return replaySession(run, given, mode);
        }
        const executionId = await run.executionId(given);
        const reply = await (await run.client()).replay(executionId, mode);
        run.print({ json: reply, ids: () => [executionId], table: () => replayLines(run, executionId, reply) });
        return reply.equal === false ? Exit.notVerified : Exit.ok;
      }),
    );

async function replaySession(run: Invocation, sessionId: string, mode: SessionReplayMode): Promise<Exit> {
  const reply = await (await run.client()).replaySession(sessionId, mode);
  run.print({
    json: reply,
    ids: () => reply.streams.map(({ streamId }) => streamId),
    table: () => sessionReplayLines(run, reply),
  });
  return reply.findings.length === 0 ? Exit.ok : Exit.notVerified;
}

function replayLines({ palette }: Invocation, executionId: string, reply: ReplayReply): string[] {
  const { mode, digest, liveDigest, equal, records, state, steps } = reply;
  const [same, other] = mode === 'full' ? FULL_VERDICTS : STATE_VERDICTS;
  const verdict: Cell = equal ? [same, palette.green] : [other, palette.red];
  const head = listLines(
    {
      execution: executionId,
      mode,
      digest,
      live: equal === false ? liveDigest : null,
      verdict: equal === undefined ? null : verdict,
      records: records === undefined ? null : String(records.length),
      status: typeof state?.['status'] === 'string' ? state['status'] : null,
    },
    palette,
  );
  if (steps === undefined) return head;
  const rows = steps.map(({ seq, direction, stepId, capability, verdict: of, pointer, detail }) => [
    String(seq),
    `${direction}/${stepId}`,
    capability,
    [of, of === 'equal' ? palette.green : palette.red] as const,
    printable([detail, pointer === null ? null : `at ${pointer}`].filter((one) => one !== null).join(' ')),
  ]);
  return [...head, '', ...tableLines(['SEQ', 'STEP', 'CAPABILITY', 'VERDICT', 'WHY'], rows, palette)];
}

const STATE_VERDICTS = ['as it is live', 'DIFFERS from what is live'] as const;
const FULL_VERDICTS = ['every handler did the same', 'NOT every handler did the same'] as const;

function sessionReplayLines({ palette }: Invocation, reply: SessionReplayReply): string[] {
  const { sessionId, mode, digest, streams, findings } = reply;
  const verdict: Cell = findings.length === 0 ? ['whole', palette.green] : [`${findings.length} findings`, palette.red];
  const head = listLines({ session: sessionId, mode, digest, verdict }, palette);
  const rows = streams.map(({ streamId, digest: ofStream }) => [
    streamId,
    ofStream ?? (['none', palette.red] as const),
  ]);
  const found = findings.map((finding) => palette.red(printable(finding)));
  return [...head, '', ...tableLines(['STREAM', 'DIGEST'], rows, palette), ...found];
}
