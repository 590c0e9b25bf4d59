import type { PolicyDecision } from '@intendant/intent-model';
import { listLines, tableLines } from '../table.js';
import type { Palette } from '../terminal.js';

/** A decision with every check in the order in which it was made. */
export function decisionLines(decision: PolicyDecision, palette: Palette): string[] {
  const { effect, decisionId, policyRevision, code, reason, remedy, decidedBy, decidedAt } = decision;
  const head = listLines(
    {
      decision: [effect, effect === 'deny' ? palette.red : palette.green],
      'decision id': decisionId,
      policy: `revision ${policyRevision}, by ${decidedBy} at ${decidedAt}`,
      code,
      reason,
      remedy,
    },
    palette,
  );
  const rows = decision.steps.map(({ role, check, outcome, ruleIds, reason: why }) => [
    role,
    check,
    outcome === 'denied' ? ([outcome, palette.red] as const) : outcome,
    ruleIds.join(', ') || '-',
    why ?? '',
  ]);
  return [...head, '', ...tableLines(['ROLE', 'CHECK', 'OUTCOME', 'RULES', 'REASON'], rows, palette)];
}
