/**
 * A place where a saga meets the world: `forward/<step>` and `undo/<step>` are calls of a participant, `action/<step>` is
 * an action inside the handler of a saga as code. A child's node begins with the operation that asked for it and a colon.
 */
export type NodeName = string;

/** `final`: no retry may follow; `once`: a retry helps; `always`: none does; `leaves_effect`: final, with the work done. */
export type FailureKind = 'final' | 'once' | 'always' | 'leaves_effect';

/** One thing that goes wrong in a trial. */
export type Incident =
  | { readonly kind: 'fails'; readonly node: NodeName; readonly how: FailureKind }
  /** Everything happens again: at once, and once more after the participant forgot all it knew. */
  | { readonly kind: 'repeated'; readonly node: NodeName }
  /** The work is done and nobody hears of it. */
  | { readonly kind: 'reply_lost'; readonly node: NodeName; readonly times: 'once' | 'always' }
  /** The work is not done, and nobody can tell. */
  | { readonly kind: 'request_lost'; readonly node: NodeName; readonly times: 'once' | 'always' }
  /** The work is done, its reply is lost, and from then on nobody can be reached. */
  | { readonly kind: 'out_of_reach_after_loss'; readonly node: NodeName }
  /** The reply comes when its call was given up: before it is repeated, or after everything has ended. */
  | { readonly kind: 'reply_late'; readonly node: NodeName; readonly when: 'soon' | 'end' }
  /** The call itself comes that late. At the end the participant has been restarted before. */
  | { readonly kind: 'request_late'; readonly node: NodeName; readonly when: 'soon' | 'end' }
  /** The n-th process dies at its m-th append, before or after the sync. Both count from 1. */
  | { readonly kind: 'crash'; readonly process: number; readonly append: number; readonly side: 'before' | 'after' };

export const shownIncident = (incident: Incident): string => {
  switch (incident.kind) {
    case 'crash':
      return `process ${incident.process} dies ${incident.side} append ${incident.append}`;
    case 'fails':
      return `${incident.node} fails (${incident.how})`;
    case 'reply_lost':
    case 'request_lost':
      return `${incident.node}: ${incident.kind} ${incident.times}`;
    case 'reply_late':
    case 'request_late':
      return `${incident.node}: ${incident.kind} (${incident.when})`;
    default:
      return `${incident.node}: ${incident.kind}`;
  }
};
