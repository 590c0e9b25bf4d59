import type { Incident, NodeName } from './incident.js';
import { Sweep, type SweepReport } from './sweep.js';
import type { Help, SagaTrace, SweptSaga } from './swept-saga.js';
import { isUnknown, stepsIn, text } from './trace-steps.js';

/** Every sweep there is, one after the other. */
export async function sweepAll(saga: SweptSaga): Promise<readonly SweepReport[]> {
  const reports: SweepReport[] = [];
  for (const sweep of [sweepFailures, sweepRepeats, sweepLostReplies, sweepLateResults, sweepCrashes])
    reports.push(await sweep(saga));
  return reports;
}

const fails = (node: NodeName): Incident => ({ kind: 'fails', node, how: 'final' });
const undosIn = (trace: SagaTrace): readonly NodeName[] => trace.nodes.filter((node) => node.startsWith('undo/'));
const stepOf = (node: NodeName): string => node.slice(node.indexOf('/') + 1);

/** The step that a stuck saga names is taken up again. */
function retryStuck({ records }: SagaTrace): Help | null {
  const stuck = records.findLast((record) => record.type === 'execution.stuck');
  return stuck === undefined ? null : { signalType: 'retry_step', payload: { stepId: text(stuck, 'stepId') } };
}

const resolveStuckAs =
  (outcome: 'succeeded' | 'failed') =>
  (trace: SagaTrace): Help | null => {
    const stepId = retryStuck(trace)?.payload['stepId'];
    const step = stepsIn(trace).get(stepId ?? '');
    if (step === undefined || !isUnknown(step)) return null;
    return { signalType: 'resolve_step', payload: { stepId: step.stepId, outcome } };
  };

/**
 * Every node fails: for good, once, always, and for good with its work done where the step undoes itself. For every failure
 * that turns the saga round, every undo fails, for good (a person retries it) and once.
 */
export async function sweepFailures(saga: SweptSaga): Promise<SweepReport> {
  const sweep = await Sweep.of(saga);
  for (const node of sweep.forwardNodes) {
    const failed = await sweep.with(fails(node));
    await sweep.with({ kind: 'fails', node, how: 'once' });
    await sweep.with({ kind: 'fails', node, how: 'always' });
    if (undoesItself(sweep.undisturbed, node)) await sweep.with({ kind: 'fails', node, how: 'leaves_effect' });
    for (const undo of undosIn(failed)) {
      const stuck = await sweep.with(fails(node), fails(undo));
      sweep.require(stuck.status === 'stuck', { incidents: [fails(node), fails(undo)] }, `it is ${stuck.status}`);
      await sweep.try({ incidents: [fails(node), fails(undo)], help: retryStuck }, [failed.status]);
      await sweep.try({ incidents: [fails(node), { kind: 'fails', node: undo, how: 'once' }] }, [failed.status]);
    }
  }
  return sweep.report();
}

function undoesItself({ records }: SagaTrace, node: NodeName): boolean {
  const plan = records.find((record) => record.type === 'intent.accepted')?.data['plan'] as
    | { readonly steps: readonly { readonly stepId: string; readonly compensateSelfOnFailure: boolean }[] }
    | undefined;
  const stepId = stepOf(node).split('.')[0];
  return plan?.steps.some((step) => step.stepId === stepId && step.compensateSelfOnFailure) ?? false;
}

/** The way back of a saga: what it does when its last node fails. */
const turnsRound = (sweep: Sweep): Incident => fails(sweep.forwardNodes.at(-1) ?? '');

/** Every call, and every action, happens more than once; the saga ends as if it had not. */
export async function sweepRepeats(saga: SweptSaga): Promise<SweepReport> {
  const sweep = await Sweep.of(saga);
  const { status } = sweep.undisturbed;
  for (const node of sweep.forwardNodes) await sweep.try({ incidents: [{ kind: 'repeated', node }] }, [status]);
  const back = turnsRound(sweep);
  const failed = await sweep.with(back);
  for (const node of failed.nodes)
    if (!('node' in back) || node !== back.node)
      await sweep.try({ incidents: [back, { kind: 'repeated', node }] }, [failed.status]);
  return sweep.report();
}

/** Every call is lost on its way there or back: once, and always; then a person says what became of it. */
export async function sweepLostReplies(saga: SweptSaga): Promise<SweepReport> {
  const sweep = await Sweep.of(saga);
  const back = turnsRound(sweep);
  const failed = await sweep.with(back);
  const calls = (nodes: readonly NodeName[]) => nodes.filter((node) => !node.includes('action/'));
  for (const kind of ['reply_lost', 'request_lost'] as const) {
    for (const node of calls(sweep.forwardNodes)) {
      await sweep.with({ kind, node, times: 'once' });
      await lostForEver(sweep, [{ kind, node, times: 'always' }], kind === 'reply_lost' ? 'succeeded' : 'failed');
    }
    for (const node of calls(undosIn(failed))) {
      await sweep.try({ incidents: [back, { kind, node, times: 'once' }] }, [failed.status]);
      await sweep.try({ incidents: [back, { kind, node, times: 'always' }] }, ['stuck']);
    }
  }
  for (const node of calls(sweep.forwardNodes))
    await lostForEver(sweep, [{ kind: 'out_of_reach_after_loss', node }], 'succeeded');
  return sweep.report();
}

/** A child, and a saga as code, cannot be resolved from outside: it is left where it stands. */
async function lostForEver(sweep: Sweep, incidents: readonly Incident[], truth: 'succeeded' | 'failed'): Promise<void> {
  const lost = await sweep.with(...incidents);
  const durable = lost.records.some((record) => record.type === 'intent.accepted' && record.data['durable'] === true);
  if (lost.status !== 'stuck' || durable) return;
  // what a person finds is the truth; a saga that goes on after it keeps every rule
  await sweep.try({ incidents, help: resolveStuckAs(truth) });
}

/** Every result, and every call, comes after it was given up: it changes nothing. */
export async function sweepLateResults(saga: SweptSaga): Promise<SweepReport> {
  const sweep = await Sweep.of(saga);
  const back = turnsRound(sweep);
  const failed = await sweep.with(back);
  for (const kind of ['reply_late', 'request_late'] as const)
    for (const when of ['soon', 'end'] as const) {
      for (const node of sweep.forwardNodes.filter((one) => !one.includes('action/'))) {
        await sweep.with({ kind, node, when });
        if (!('node' in back) || node !== back.node) await sweep.with(back, { kind, node, when });
      }
      for (const node of undosIn(failed)) await sweep.try({ incidents: [back, { kind, node, when }] }, [failed.status]);
    }
  return sweep.report();
}

/** Appends in which a process still does what recovery asked of it; later ones are those of any process. */
const RECOVERY_APPENDS = 2;

/**
 * The process dies before and after every append, on the way forward and on the way back; and the process that recovers dies
 * in its recovery. The saga ends as it would have without.
 */
export async function sweepCrashes(saga: SweptSaga): Promise<SweepReport> {
  const sweep = await Sweep.of(saga);
  for (const path of [[], [turnsRound(sweep)]]) {
    const calm = await sweep.with(...path);
    for (let append = 1; append <= (calm.appends[0] ?? 0); append += 1)
      for (const side of ['before', 'after'] as const) {
        const first: Incident = { kind: 'crash', process: 1, append, side };
        const once = await sweep.try({ incidents: [...path, first] }, [calm.status]);
        for (let again = 1; again <= Math.min(RECOVERY_APPENDS, once.appends[1] ?? 0); again += 1) {
          const second: Incident = { kind: 'crash', process: 2, append: again, side };
          await sweep.try({ incidents: [...path, first, second] }, [calm.status]);
        }
      }
  }
  return sweep.report();
}
