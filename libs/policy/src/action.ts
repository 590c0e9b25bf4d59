/** An action taken apart: `content.parse` is area `content`, verb `parse`. */
export interface ActionSegments {
  readonly area: string;
  readonly verb: string;
}

const ACTION = /^([a-z][a-z0-9_]{0,63})\.([a-z][a-z0-9_]{0,63})$/;

/** The segments of an action, or undefined for text that is no action; such text is never compared with a rule. */
export function segmentsOf(action: string): ActionSegments | undefined {
  const match = ACTION.exec(action);
  return match === null ? undefined : { area: match[1] as string, verb: match[2] as string };
}

/** The segments of a validated pattern; `*` stands for any one segment. */
export function segmentsOfPattern(pattern: string): ActionSegments {
  if (pattern === '*') return { area: '*', verb: '*' };
  const dot = pattern.indexOf('.');
  return { area: pattern.slice(0, dot), verb: pattern.slice(dot + 1) };
}

/** Answers whether any of some patterns covers an action, in one look-up per segment. */
export class ActionMatcher {
  readonly #covered: ReadonlySet<string>;

  constructor(patterns: readonly string[]) {
    this.#covered = new Set(patterns);
  }

  get isEmpty(): boolean {
    return this.#covered.size === 0;
  }

  /** `action` must have passed {@link segmentsOf}. */
  covers(action: string, segments: ActionSegments): boolean {
    if (this.#covered.size === 0) return false;
    return this.#covered.has(action) || this.#covered.has(`${segments.area}.*`) || this.#covered.has('*');
  }
}
