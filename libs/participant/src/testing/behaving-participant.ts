import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type SagaContext, SagaStepError, type StepOptions } from '../durable/saga-context.js';
import { type HandlerContext, type RuntimeParticipant, StepFailure } from '../participant.js';
import { type Act, type Behaviour, PROBE_INTENT, PROBE_SAGA_INTENT, type SagaAct } from './behaviour.js';
import { resultOf } from './scripted-participant.js';

/** What a script has told so far, and what it ends with when it says so. */
interface Telling {
  readonly run: number;
  readonly told: Record<string, unknown>;
  returned?: { readonly value: unknown };
}

/** Does what the payload says, over the SDK. The same in another language is examples/python-participant/probe.py. */
export class BehavingParticipant implements RuntimeParticipant {
  readonly #runs = new Map<string, number>();

  getSupportedIntents(): readonly string[] {
    return [PROBE_INTENT, PROBE_SAGA_INTENT];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const { script, runs } = intent.payload as unknown as Behaviour;
    const run = (this.#runs.get(script) ?? 0) + 1;
    this.#runs.set(script, run);
    const telling: Telling = { run, told: { run } };
    for (const act of runs[Math.min(run, runs.length) - 1] ?? []) await perform(act, intent, context, telling);
    return ending(telling);
  }

  async handleSaga(intent: Intent, context: SagaContext): Promise<ParticipantResult> {
    const { runs } = intent.payload as unknown as Behaviour;
    const telling: Telling = { run: 0, told: {} };
    await performAll(runs[0] ?? [], intent, context, telling);
    return ending(telling);
  }
}

const ending = ({ told, returned }: Telling): ParticipantResult =>
  returned === undefined ? resultOf(told as never) : (returned.value as ParticipantResult);

async function perform(act: Act, intent: Intent, context: HandlerContext, telling: Telling): Promise<void> {
  const { told, run } = telling;
  switch (act.do) {
    case 'gate':
      await context.content.write(act.gate);
      return;
    case 'until_aborted':
      return new Promise((_resolve, reject) => {
        const end = (): void => reject(context.signal.reason);
        if (context.signal.aborted) end();
        else context.signal.addEventListener('abort', end);
      });
    case 'busy':
      await pause(act.ms);
      return;
    case 'fail':
      throw new StepFailure(act.code, act.message, { retryable: act.retryable === true, details: { run } });
    case 'throw':
      throw new TypeError(act.text);
    case 'return':
      telling.returned = { value: act.value };
      return;
    case 'return_nan':
      telling.returned = { value: resultOf({ n: Number.NaN }) };
      return;
    case 'tell':
      for (const name of act.what) told[name] = factsOf(intent, context)[name];
      return;
    case 'read':
      told.read = await textOf(await context.content.read(context.references.content(act.reference).ref));
      return;
    case 'write':
      told.written = await context.content.write(act.text);
      return;
    case 'state':
      told[`${act.scope}/${act.key}`] = await context.state.get(act.scope, act.key);
  }
}

const factsOf = (intent: Intent, context: HandlerContext): Record<string, unknown> => ({
  ...context,
  intentType: intent.intentType,
  roles: context.roles.join(),
  leftMs: context.deadlineAtMs - Date.now(),
  aborted: context.signal.aborted,
});

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function performAll(acts: readonly Act[], intent: Intent, saga: SagaContext, telling: Telling): Promise<void> {
  for (const act of acts) {
    if (isSagaAct(act)) await performInSaga(act, intent, saga, telling);
    else await perform(act, intent, saga as never, telling);
  }
}

const SAGA_ACTS = 'step fact now random sleep await_signal approval child state_set state_get spoil note all'.split(
  ' ',
);
const isSagaAct = (act: Act): act is SagaAct => SAGA_ACTS.includes(act.do);

async function performInSaga(act: SagaAct, intent: Intent, saga: SagaContext, telling: Telling): Promise<void> {
  const { told } = telling;
  switch (act.do) {
    case 'step':
      told[act.id] = await step(act, intent, saga, telling);
      return;
    case 'fact':
      told[act.id] = await saga.fact(act.id, async () => toldValueOf(act) as string);
      return;
    case 'sleep':
      await saga.sleep(act.id, act.durationMs as number);
      return;
    case 'await_signal':
      told[act.id] = await saga.waitForSignal(act.id, boundOf(act));
      return;
    case 'approval':
      told[act.id] = await saga.approval(act.id, act);
      return;
    case 'child':
      told[act.id] = await saga.intent(act.intentType, act.payload as Record<string, string>, {
        id: act.id,
        ...undoOf(act),
      });
      return;
    case 'now':
    case 'random':
      told[act.id] = saga[act.do]();
      return;
    case 'state_get':
      told[act.id] = saga.state.get(act.id);
      return;
    case 'state_set':
      saga.state.set(act.id, act.value as string);
      return;
    case 'spoil':
      (told[act.id] as { spoilt?: boolean }).spoilt = true;
      return;
    case 'note':
      told.notes = [...((told.notes as string[] | undefined) ?? []), act.word];
      return;
    case 'all':
      await saga.all(act.branches.map((acts) => (branch) => performAll(acts, intent, branch, telling)));
  }
}

const boundOf = ({ timeoutMs }: { readonly timeoutMs?: number }) => (timeoutMs === undefined ? {} : { timeoutMs });

const undoOf = ({ compensate }: { readonly compensate?: unknown }): StepOptions =>
  compensate === undefined ? {} : { compensate: compensate as NonNullable<StepOptions['compensate']> };

const toldValueOf = ({ value, character, times }: Extract<SagaAct, { do: 'step' | 'fact' }>): unknown =>
  character === undefined ? value : character.repeat(times ?? 0);

async function step(
  act: Extract<SagaAct, { do: 'step' }>,
  intent: Intent,
  saga: SagaContext,
  telling: Telling,
): Promise<unknown> {
  const options = undoOf(act);
  try {
    return await saga.step(
      act.id,
      async ({ idempotencyKey }) => {
        for (const inner of act.acts ?? []) await perform(inner, intent, saga as never, telling);
        return (act.unsayable === true ? new Set() : (toldValueOf(act) ?? idempotencyKey)) as string;
      },
      options,
    );
  } catch (thrown) {
    if (act.caught === true && thrown instanceof SagaStepError) return thrown.error.code;
    throw thrown;
  }
}
