import type { PolicyBundle } from '@intendant/intent-model';
import { AgeOrderedMap, canonicalJson } from '@intendant/kernel';
import type { AccessRules, RuleAnswer } from './access-rules.js';
import { type ActionSegments, segmentsOfPattern } from './action.js';

/** Answers kept per revision; beyond it the oldest is forgotten and casbin is asked again. */
export const TABLE_ENTRIES_MAX = 4_096;

/** Stands for every name that no rule mentions; no realm, area, verb or class is the empty text. */
const UNNAMED = '';

/** What the Security Guard and the Data Steward ask. */
export interface AccessJudge {
  action(roles: readonly string[], realm: string, segments: ActionSegments): RuleAnswer;
  data(roles: readonly string[], resourceClass: string): RuleAnswer;
}

/**
 * Keeps casbin's answers. The table belongs to one revision of one tenant's rules and dies with it, so a revoked right
 * cannot outlive its revision. Names that no rule mentions share an entry: rules compare names for equality only, so
 * casbin cannot tell such names apart, and a caller who invents names can neither fill the table nor buy an evaluation.
 */
export class AnswerTable implements AccessJudge {
  readonly #answers = new AgeOrderedMap<RuleAnswer>();
  readonly #roles: ReadonlySet<string>;
  readonly #realms: ReadonlySet<string>;
  readonly #areas: ReadonlySet<string>;
  readonly #verbs: ReadonlySet<string>;
  readonly #classes: ReadonlySet<string>;

  constructor(
    bundle: PolicyBundle,
    private readonly rules: AccessRules,
    private readonly entriesMax: number = TABLE_ENTRIES_MAX,
  ) {
    const patterns = bundle.rules.map((rule) => segmentsOfPattern(rule.action));
    this.#roles = new Set(bundle.roles.map((role) => role.name));
    this.#realms = new Set(bundle.rules.map((rule) => rule.realm));
    this.#areas = new Set(patterns.map((pattern) => pattern.area));
    this.#verbs = new Set(patterns.map((pattern) => pattern.verb));
    this.#classes = new Set(bundle.data.rules.map((rule) => rule.resourceClass));
  }

  get size(): number {
    return this.#answers.size;
  }

  action(roles: readonly string[], realm: string, { area, verb }: ActionSegments): RuleAnswer {
    const known = this.#knownRoles(roles);
    const asked = [named(this.#realms, realm), named(this.#areas, area), named(this.#verbs, verb)] as const;
    const key = canonicalJson([known, ...asked]);
    return this.#answers.get(key) ?? this.#keep(key, this.rules.judgeAction(known, ...asked));
  }

  data(roles: readonly string[], resourceClass: string): RuleAnswer {
    const known = this.#knownRoles(roles);
    const asked = named(this.#classes, resourceClass);
    const key = canonicalJson([known, asked]);
    return this.#answers.get(key) ?? this.#keep(key, this.rules.judgeData(known, asked));
  }

  /** Roles the bundle defines, each once, in order; a role it does not define grants nothing. */
  #knownRoles(roles: readonly string[]): readonly string[] {
    const known = roles.filter((role) => this.#roles.has(role));
    return known.length < 2 ? known : [...new Set(known)].sort();
  }

  #keep(key: string, answer: RuleAnswer): RuleAnswer {
    if (this.#answers.size >= this.entriesMax) this.#answers.delete(this.#answers.oldestKey as string);
    this.#answers.set(key, answer);
    return answer;
  }
}

/** A name some rule mentions, or what stands for all others. `*` in the rules is no name and never matches one. */
const named = (names: ReadonlySet<string>, name: string): string => (name !== '*' && names.has(name) ? name : UNNAMED);
