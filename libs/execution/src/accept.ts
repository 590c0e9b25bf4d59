import type { RecordDraft } from '@intendant/wal';
import { approvalTimer } from './approval.js';
import type { AcceptCommand } from './commands.js';

/** A command to accept what nothing allows: a defect of the caller, stopped before anything is recorded. */
export class NotAcceptable extends Error {
  constructor(obstacle: string) {
    super(`cannot be accepted: ${obstacle}`);
    this.name = 'NotAcceptable';
  }
}

function obstacleTo({ intent, decision, capabilities, attribution }: AcceptCommand): string | null {
  if (decision.effect === 'deny' || decision.obligations === null) return `the decision is ${decision.effect}`;
  if (decision.inputDigest !== intent.payloadDigest) return 'the decision is about another input';
  if (decision.tenantId !== intent.tenantId || attribution.tenantId !== intent.tenantId)
    return 'intent, decision and attribution name different tenants';
  return capabilities.length === 0 ? 'no capability was resolved' : null;
}

/** The records of an acceptance, each caused by the one before it. */
export function accept(command: AcceptCommand): readonly RecordDraft[] {
  const { intent, decision, capabilities } = command;
  const obstacle = obstacleTo(command);
  if (obstacle !== null) throw new NotAcceptable(obstacle);
  const runtime = 'runtime';
  return [
    {
      type: 'intent.received',
      actor: `user:${intent.userId}`,
      cause: null,
      data: { fingerprint: command.fingerprint, intent, keyDigest: command.keyDigest },
    },
    { type: 'policy.decided', actor: 'service:smart-city', cause: { draft: 0 }, data: { decision } },
    {
      type: 'capability.resolved',
      actor: runtime,
      cause: { draft: 1 },
      data: { capabilities: [...capabilities], registryRevision: command.registryRevision },
    },
    { type: 'intent.accepted', actor: runtime, cause: { draft: 2 }, data: command.terms },
    { type: 'execution.started', actor: runtime, cause: { draft: 3 }, data: {} },
    ...approvalTimer(decision, intent.createdAt),
  ];
}
