/** Where a policy goes. */
export type Route = 'NewPlatformAPI' | 'LegacyBatch' | 'DataQualityQueue' | 'CoexistenceBridge';

export const ROUTES: readonly Route[] = ['NewPlatformAPI', 'CoexistenceBridge', 'LegacyBatch', 'DataQualityQueue'];

/** Routes that write into the new system: what the gates are for. */
export const MOVING_ROUTES: ReadonlySet<Route> = new Set<Route>(['NewPlatformAPI', 'CoexistenceBridge']);

/** What a rule may look at. */
export interface RoutingSubject {
  readonly policy_id: string;
  readonly payment_plan: string;
  readonly data_quality_score: number;
}

export type Condition =
  /** The text matches one of the globs: `*` stands for any text, `?` for one character. */
  | { readonly field: keyof RoutingSubject; readonly operator: 'in'; readonly value: readonly string[] }
  | { readonly field: keyof RoutingSubject; readonly operator: 'equals'; readonly value: string | number }
  | { readonly field: keyof RoutingSubject; readonly operator: 'less_than'; readonly value: number };

export interface RoutingRule {
  /** The lowest matching one decides. */
  readonly priority: number;
  readonly route: Route;
  /** Null: whatever came this far. */
  readonly when: Condition | null;
}

export const ROUTING_RULES: readonly RoutingRule[] = [
  {
    priority: 1,
    route: 'NewPlatformAPI',
    when: { field: 'policy_id', operator: 'in', value: ['A*', 'B*', 'C*'] },
  },
  { priority: 2, route: 'LegacyBatch', when: { field: 'payment_plan', operator: 'equals', value: 'legacy-only' } },
  {
    priority: 3,
    route: 'DataQualityQueue',
    when: { field: 'data_quality_score', operator: 'less_than', value: 0.8 },
  },
  { priority: 99, route: 'CoexistenceBridge', when: null },
];

/** The first rule by priority that matches; undefined when none does. */
export const ruleFor = (
  subject: RoutingSubject,
  rules: readonly RoutingRule[] = ROUTING_RULES,
): RoutingRule | undefined =>
  [...rules].sort((a, b) => a.priority - b.priority).find(({ when }) => when === null || holds(when, subject));

function holds(condition: Condition, subject: RoutingSubject): boolean {
  const actual = subject[condition.field];
  switch (condition.operator) {
    case 'in':
      return condition.value.some((glob) => matchesGlob(String(actual), glob));
    case 'equals':
      return actual === condition.value;
    case 'less_than':
      return typeof actual === 'number' && actual < condition.value;
  }
}

const SPECIAL = /[.+^${}()|[\]\\]/g;

/** Whether the whole text is what the glob describes. */
export const matchesGlob = (text: string, glob: string): boolean =>
  new RegExp(`^${glob.replaceAll(SPECIAL, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
