import { BOUND_KEYWORDS, boundIsImplied } from './bounds.js';
import { assertionsOf, type Schema, SchemaDocument, sameWithoutReferences, typesOf } from './json-schema.js';
import {
  compareRequired,
  compareTypes,
  compareValues,
  escapePointer,
  type Keywords,
  lost,
  memberSchema,
  type Narrowing,
  perType,
} from './keyword-rules.js';

/** Keywords whose meaning leans on each other: they are compared as texts, all of a group together. */
const GROUPS: readonly (readonly string[])[] = [
  ['if', 'then', 'else'],
  ['contains', 'minContains', 'maxContains'],
];

/** Keywords that mean something only together with everything beside them: only an equal schema is safe. */
const WHOLE = new Set([
  'unevaluatedProperties',
  'unevaluatedItems',
  '$dynamicRef',
  '$dynamicAnchor',
  '$anchor',
  '$ref',
]);

const APPLIES_TO: Readonly<Record<string, string>> = {
  ...BOUND_KEYWORDS,
  pattern: 'string',
  format: 'string',
  items: 'array',
  prefixItems: 'array',
  uniqueItems: 'array',
  contains: 'array',
  required: 'object',
  properties: 'object',
  additionalProperties: 'object',
  patternProperties: 'object',
  propertyNames: 'object',
  dependentRequired: 'object',
  dependentSchemas: 'object',
};

/**
 * Why a value that is valid under `narrow` might not be valid under `wide`; empty when every such value surely is.
 *
 * Sound, not complete: what is understood (types, enumerations, bounds, object members, array items, references into
 * the document, `anyOf`, `allOf`) is compared by meaning, everything else (`pattern`, `format`, `oneOf`, `not`,
 * conditionals, `patternProperties`, `prefixItems` …) must stay the same text. A change that is in truth harmless may
 * therefore be refused; one that breaks somebody is not let through. Both schemas must have passed the ContractCompiler.
 */
export function narrowings(narrow: Schema, wide: Schema): readonly Narrowing[] {
  const comparison = new Comparison(new SchemaDocument(narrow), new SchemaDocument(wide));
  return comparison.run();
}

/** Pairs of schemas that one comparison looks at; beyond it the answer is no. */
const PAIRS_MAX = 5_000;

class Comparison {
  /** Pairs found to hold, or the level of the value at which the comparison of a pair was begun. */
  #pairs = new Map<string, 'holds' | number>();
  readonly #nodeIds = new Map<object, number>();
  #level = 0;
  #pairsLeft = PAIRS_MAX;

  constructor(
    private readonly narrowDocument: SchemaDocument,
    private readonly wideDocument: SchemaDocument,
  ) {}

  run(): readonly Narrowing[] {
    if (this.narrowDocument.equals(this.wideDocument)) return [];
    return this.compare(this.narrowDocument.root, this.wideDocument.root, '');
  }

  compare(narrowGiven: Schema, wideGiven: Schema, pointer: string): readonly Narrowing[] {
    if (wideGiven === true || narrowGiven === false) return [];
    if (sameWithoutReferences(narrowGiven, wideGiven)) return [];
    const narrow = this.narrowDocument.dereference(narrowGiven);
    const wide = this.wideDocument.dereference(wideGiven);
    if (narrow === undefined || wide === undefined) return lost(pointer, 'a reference cannot be compared');
    if (wide === true || narrow === false) return [];
    if (wide === false) return lost(pointer, 'nothing is accepted here any more');
    this.#pairsLeft -= 1;
    if (this.#pairsLeft < 0) return lost(pointer, 'the schemas are too intricate to compare');
    return this.#comparePair(narrow === true ? {} : narrow, wide, pointer);
  }

  /**
   * A pair met again deeper inside the value is taken to hold: if it does not, the first meeting finds out. Met again
   * at the same level it would prove itself, so there it does not count.
   */
  #comparePair(narrow: Keywords, wide: Keywords, pointer: string): readonly Narrowing[] {
    const pair = `${this.#nodeId(narrow)}:${this.#nodeId(wide)}`;
    const known = this.#pairs.get(pair);
    if (known === 'holds') return [];
    if (known !== undefined) return known < this.#level ? [] : lost(pointer, 'a reference leads back to itself');
    this.#pairs.set(pair, this.#level);
    const found = this.#compareKeywords(narrow, wide, pointer);
    if (found.length === 0) this.#pairs.set(pair, 'holds');
    else this.#pairs.delete(pair);
    return found;
  }

  /** {@link compare} for a part of the value: a member or an item. */
  #compareInside(narrow: Schema, wide: Schema, pointer: string): readonly Narrowing[] {
    this.#level += 1;
    const found = this.compare(narrow, wide, pointer);
    this.#level -= 1;
    return found;
  }

  #nodeId(node: object): number {
    const id = this.#nodeIds.get(node) ?? this.#nodeIds.size;
    this.#nodeIds.set(node, id);
    return id;
  }

  #compareKeywords(narrow: Keywords, wide: Keywords, pointer: string): readonly Narrowing[] {
    const whole = [...assertionsOf(wide), ...assertionsOf(narrow)].find((keyword) => WHOLE.has(keyword));
    if (whole !== undefined) return lost(pointer, `schemas with ${whole} must stay as they are`);
    return assertionsOf(wide).flatMap((keyword) =>
      this.#speaksAbout(narrow, keyword) ? this.#compareKeyword(keyword, narrow, wide, pointer) : [],
    );
  }

  /** False when the narrow schema has no value of the type that this keyword speaks about. */
  #speaksAbout(narrow: Keywords, keyword: string): boolean {
    const subject = APPLIES_TO[keyword];
    const types = typesOf(narrow);
    if (subject === undefined || types === undefined) return true;
    return types.includes(subject) || (subject === 'number' && types.includes('integer'));
  }

  #compareKeyword(keyword: string, narrow: Keywords, wide: Keywords, pointer: string): readonly Narrowing[] {
    const here = `${pointer}/${keyword}`;
    if (keyword in BOUND_KEYWORDS)
      return boundIsImplied(keyword, wide, narrow) ? [] : lost(here, `${keyword} ${String(wide[keyword])} is stricter`);
    switch (keyword) {
      case 'type':
        return compareTypes(narrow, wide, here);
      case 'enum':
      case 'const':
        return compareValues(narrow, keyword === 'const' ? [wide.const] : (wide.enum as unknown[]), here);
      case 'required':
        return compareRequired(narrow, wide, here);
      case 'properties':
        return this.#compareProperties(narrow, wide, here);
      case 'additionalProperties':
        return this.#compareAdditional(narrow, wide, here);
      case 'items':
        return this.#compareItems(narrow, wide, here);
      case 'uniqueItems':
        return wide.uniqueItems !== true || narrow.uniqueItems === true ? [] : lost(here, 'items must be unique');
      case 'anyOf':
        return this.#compareAnyOf(narrow, wide, here);
      case 'allOf':
        return this.#compareAllOf(narrow, wide, here);
      default:
        return this.#compareTexts(keyword, narrow, wide, here);
    }
  }

  #compareProperties(narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
    return Object.entries(wide.properties as Record<string, Schema>).flatMap(([name, schema]) =>
      this.#compareInside(memberSchema(narrow, name), schema, `${here}/${escapePointer(name)}`),
    );
  }

  /** What the wide schema does not name must fit its `additionalProperties`, whatever the narrow schema makes of it. */
  #compareAdditional(narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
    const rule = wide.additionalProperties as Schema;
    const named = (wide.properties ?? {}) as Record<string, Schema>;
    const others = Object.entries((narrow.properties ?? {}) as Record<string, Schema>).filter(
      ([name]) => !Object.hasOwn(named, name),
    );
    return [
      ...others.flatMap(([name, schema]) => {
        const found = this.#compareInside(schema, rule, here);
        return found.length === 0 ? [] : lost(here, `member ${JSON.stringify(name)} is not accepted here any more`);
      }),
      ...this.#compareInside((narrow.additionalProperties ?? true) as Schema, rule, here),
      // members that a pattern lets in must be let in by the same pattern on both sides
      ...(wide.patternProperties === undefined && narrow.patternProperties !== undefined
        ? lost(here, 'members named by a pattern may not be accepted')
        : []),
    ];
  }

  #compareItems(narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
    const sameHead = sameWithoutReferences(narrow.prefixItems ?? null, wide.prefixItems ?? null);
    if (!sameHead) return lost(here, 'prefixItems must stay as they are');
    return this.#compareInside((narrow.items ?? true) as Schema, wide.items as Schema, here);
  }

  /** Every branch of the narrow schema, or the narrow schema as it is, must fit into one branch of the wide one. */
  #compareAnyOf(narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
    const branches = wide.anyOf as Schema[];
    const fits = (schema: Schema): boolean => branches.some((branch) => this.#holds(schema, branch));
    if (fits(narrow)) return [];
    const parts = Array.isArray(narrow.anyOf) ? (narrow.anyOf as Schema[]) : perType(narrow);
    if (parts.length > 0 && parts.every(fits)) return [];
    return lost(here, 'an alternative is not accepted here any more');
  }

  #compareAllOf(narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
    const own = [narrow, ...((narrow.allOf ?? []) as Schema[])];
    return (wide.allOf as Schema[]).every((branch) => own.some((schema) => this.#holds(schema, branch)))
      ? []
      : lost(here, 'a further condition must hold');
  }

  /** {@link compare} as a question; what was found on the way is forgotten when the answer is no. */
  #holds(narrow: Schema, wide: Schema): boolean {
    const before = new Map(this.#pairs);
    if (this.compare(narrow, wide, '').length === 0) return true;
    this.#pairs = before;
    return false;
  }

  #compareTexts(keyword: string, narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
    const group = GROUPS.find((keywords) => keywords.includes(keyword)) ?? [keyword];
    const same = group.every((member) => sameWithoutReferences(narrow[member] ?? null, wide[member] ?? null));
    return same ? [] : lost(here, `${group.join(', ')} must stay as they are`);
  }
}
