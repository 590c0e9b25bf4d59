import { ProblemError } from '@intendant/client';
import { tellDecision, tellProblem } from './accounts.mjs';

/** The problem a call is refused with, or undefined when it is not refused. */
async function refusalOf(call) {
  try {
    await call();
    return undefined;
  } catch (failure) {
    if (failure instanceof ProblemError) return failure;
    throw failure;
  }
}

/** A rule denies: nothing runs, and why is on record. */
export async function deny(client, printer, expectations) {
  printer.title('Denied: who audits may not submit');
  const { sessionId } = await client.openSession();
  const payload = { description: 'Prove straight-through processing of beneficiary changes' };
  const problem = await refusalOf(() => client.submit({ intentType: 'solution.generate_poc', sessionId, payload }));
  expectations.expect(problem?.code === 'action_not_permitted', 'solution.generate_poc is denied to an auditor');
  if (problem === undefined) return;
  tellProblem(printer, problem);
  const refusal = await client.refusal(String(problem.problem['refusalId']));
  printer.entry('recorded', `${refusal.refusalId}: ${refusal.records.map(({ type }) => type).join(', ')}`);
  const decided = refusal.records.find(({ type }) => type === 'policy.decided');
  expectations.expect(decided !== undefined, 'the refusal has its decision on record');
  if (decided !== undefined) tellDecision(printer, decided.data['decision']);
}

/** The contract of the capability refuses: the place is named. */
export async function refuseInvalid(client, sessionId, printer, expectations) {
  printer.title('Invalid: a roadmap without goals');
  const payload = { goals: [], roadmapType: 'strategic' };
  const problem = await refusalOf(() => client.submit({ intentType: 'solution.create_roadmap', sessionId, payload }));
  expectations.expect(problem?.code === 'invalid_payload', 'a roadmap without goals is invalid');
  expectations.expect(problem?.field === '/payload/goals', 'the problem names /payload/goals');
  if (problem !== undefined) tellProblem(printer, problem);
}

/** The same key again is the same execution, not a second one. */
export async function submitTwice(client, { intent, idempotencyKey, executionId }, printer, expectations) {
  printer.title('Duplicate: the roadmap again, with the same idempotency key');
  const again = await client.submit(intent, { idempotencyKey });
  printer.entry(
    'execution',
    `${again.execution.executionId} ${again.execution.status}, known from before: ${again.replayed}`,
  );
  expectations.expect(
    again.replayed && again.execution.executionId === executionId,
    'the same key gives the same execution',
  );
  const changed = { ...intent, payload: { ...intent.payload, roadmapType: 'tactical' } };
  const problem = await refusalOf(() => client.submit(changed, { idempotencyKey }));
  expectations.expect(problem?.code === 'idempotency_key_reused', 'the same key with another payload is refused');
  if (problem !== undefined) tellProblem(printer, problem);
}

/** Executions are checked from their logs alone, and folded again. */
export async function audit(client, executionIds, printer, expectations) {
  printer.title(`Audit: ${executionIds.length === 1 ? 'the' : 'every'} execution, from its log alone`);
  for (const executionId of executionIds) {
    const { intentType } = await client.execution(executionId);
    const { valid, checks } = await client.validateExecution(executionId);
    const replay = await client.replay(executionId, 'state_only');
    const passed = checks.filter((check) => check.passed).length;
    const verdict = valid ? printer.good('valid') : printer.bad('NOT VALID');
    const same = replay.equal ? 'replayed state is the live one' : printer.bad('REPLAYED STATE DIFFERS');
    printer.entry(
      '',
      `${executionId}  ${intentType.padEnd(28)}  ${passed}/${checks.length} checks  ${verdict}  ${same}`,
    );
    expectations.expect(valid, `${intentType} ${executionId} is valid`);
    expectations.expect(replay.equal === true, `${intentType} ${executionId} replays to the live state`);
  }
}
