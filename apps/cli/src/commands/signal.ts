import type { SignalDraft } from '@intendant/client';
import { SIGNAL_TYPES } from '@intendant/intent-model';
import { Command } from 'commander';
import type { Invocation } from '../invocation.js';
import { asOneCall } from '../one-call.js';
import { jsonObject, jsonValue, readArgument } from '../payload.js';
import type { Runner } from '../runner.js';
import { listLines } from '../table.js';
import { statusCell } from '../views/status-colour.js';

interface SignalOptions {
  reason?: string;
  id?: string;
}

interface ResolveOptions extends SignalOptions {
  value?: string;
}

/** What every signal takes. */
const sending = (command: Command): Command =>
  command
    .option('--reason <text>', 'why; some signals must have one')
    .option('--id <uuid>', 'name of the signal: the same one again is the same signal; a fresh one unless told');

export const signalCommand = (runner: Runner): Command =>
  sending(
    new Command('signal')
      .argument('<execution>', 'execution id, or last')
      .argument('<type>', SIGNAL_TYPES.join(', '))
      .argument('[payload]', 'JSON object, @file, or - for standard input', '{}')
      .description('move an execution from outside'),
  ).action(
    runner(async (run, [execution = '', signalType = '', argument = '{}'], options: SignalOptions) => {
      const payload = jsonObject(await readArgument(argument, 'the payload'), 'the payload');
      return send(run, execution, signalType, payload, options);
    }),
  );

/** A signal that has no payload. */
const plain =
  (signalType: string, description: string) =>
  (runner: Runner): Command =>
    sending(new Command(signalType).argument('<execution>', 'execution id, or last').description(description)).action(
      runner((run, [execution = ''], options: SignalOptions) => send(run, execution, signalType, {}, options)),
    );

/** A signal about a step. */
const ofStep =
  (name: string, signalType: string, description: string) =>
  (runner: Runner): Command =>
    sending(
      new Command(name)
        .argument('<execution>', 'execution id, or last')
        .argument('<step>', 'id of the step')
        .description(description),
    ).action(
      runner((run, [execution = '', stepId = ''], options: SignalOptions) =>
        send(run, execution, signalType, { stepId }, options),
      ),
    );

const resolveCommand = (runner: Runner): Command =>
  sending(
    new Command('resolve')
      .argument('<execution>', 'execution id, or last')
      .argument('<step>', 'id of the step')
      .argument('<outcome>', 'succeeded or failed')
      .argument('[result]', 'what the step returned: JSON object, @file, or - for standard input')
      .option('--value <json>', 'what a step inside a saga as code returned: JSON, @file, or - for standard input')
      .description('say how a step of unknown outcome ended'),
  ).action(
    runner(async (run, [execution = '', stepId = '', outcome = '', result], options: ResolveOptions) => {
      const { value } = options;
      const returned = {
        ...(result === undefined ? {} : { result: jsonObject(await readArgument(result, 'the result'), 'the result') }),
        ...(value === undefined ? {} : { value: jsonValue(await readArgument(value, 'the value'), 'the value') }),
      };
      return send(run, execution, 'resolve_step', { stepId, outcome, ...returned }, options);
    }),
  );

export const signalShortcuts: readonly ((runner: Runner) => Command)[] = [
  plain('pause', 'start nothing new in an execution; what runs goes on'),
  plain('resume', 'let a paused execution go on'),
  plain('cancel', 'end an execution and undo what it did; needs --reason'),
  plain('claim', 'take care of a stuck execution'),
  ofStep('retry', 'retry_step', 'try a failed step, or its failed undo, once more'),
  ofStep('skip', 'skip_step', 'leave a step, or its failed undo, out'),
  resolveCommand,
];

async function send(
  run: Invocation,
  execution: string,
  signalType: string,
  payload: object,
  { reason, id }: SignalOptions,
): Promise<void> {
  const draft: SignalDraft = {
    signalType,
    payload,
    ...(reason === undefined ? {} : { reason }),
  };
  const executionId = await run.executionId(execution);
  const client = await run.client();
  const reply = await asOneCall(run, '--id', id, (signalId) => client.sendSignal(executionId, { ...draft, signalId }));
  run.print({
    json: reply,
    ids: () => [reply.newExecutionId ?? reply.signalId],
    table: () =>
      listLines(
        {
          signal: reply.signalId,
          type: reply.signalType,
          'allowed by': `${reply.decisionId} as ${reply.role}`,
          applied: reply.appliedSeq === null ? null : `record ${reply.appliedSeq}`,
          execution: reply.executionId,
          status: statusCell(reply.status, run.palette),
          substatus: reply.substatus,
          'new execution': reply.newExecutionId,
        },
        run.palette,
      ),
  });
}
