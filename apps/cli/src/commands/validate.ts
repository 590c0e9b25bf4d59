import type { JudgementReply } from '@intendant/client';
import { ERROR_CATALOGUE, type ErrorCode } from '@intendant/intent-model';
import { Command } from 'commander';
import { Exit, exitOfStatus } from '../exit-codes.js';
import type { Runner } from '../runner.js';
import { type Cell, listLines } from '../table.js';
import type { Palette } from '../terminal.js';
import { decisionLines } from '../views/decision-view.js';
import { type IntentOptions, intentOf, takingAnIntent } from './intent-arguments.js';

export const validateCommand = (runner: Runner): Command =>
  takingAnIntent(new Command('validate'))
    .description('say what would become of an intent, without submitting it')
    .action(
      runner(async (run, args, options: IntentOptions): Promise<Exit> => {
        const judgement = await (await run.client()).validate(await intentOf(run, args, options));
        run.print({
          json: judgement,
          ids: () => [judgement.decision.decisionId],
          table: () => judgementLines(judgement, run.palette),
        });
        return exitOf(judgement);
      }),
    );

function judgementLines(
  { acceptable, decision, refusal, resolution, payload }: JudgementReply,
  palette: Palette,
): string[] {
  const { capabilities, code, detail } = resolution;
  const resolved = capabilities?.map(({ name, version }) => `${name} ${version}`).join(', ');
  const verdict: Cell = acceptable ? ['would be accepted', palette.green] : ['would be refused', palette.red];
  const head = listLines(
    {
      verdict,
      because: refusal && [[refusal.field, refusal.code, refusal.detail].filter(Boolean).join(': '), palette.red],
      capability: resolved ?? [`${code}: ${detail}`, palette.red],
      payload:
        payload.detail === undefined
          ? payload.valid
            ? 'valid'
            : 'not judged'
          : [`${payload.field}: ${payload.detail}`, palette.red],
    },
    palette,
  );
  return [...head, '', ...decisionLines(decision, palette)];
}

/** What submitting it would end with. */
function exitOf({ acceptable, refusal }: JudgementReply): Exit {
  if (acceptable) return Exit.ok;
  const known = ERROR_CATALOGUE[refusal?.code as ErrorCode] as { status: number } | undefined;
  return known === undefined ? Exit.invalid : exitOfStatus(known.status);
}
