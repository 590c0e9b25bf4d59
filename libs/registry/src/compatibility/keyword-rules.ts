import { canonicalJson } from '@intendant/kernel';
import { finiteValuesOf, type Schema, typesOf } from './json-schema.js';

export type Keywords = { readonly [keyword: string]: unknown };

/** A place where a value of the narrow schema could be refused by the wide one. */
export interface Narrowing {
  /** JSON Pointer into the schema that lost something. */
  readonly pointer: string;
  readonly message: string;
}

export const lost = (pointer: string, message: string): readonly Narrowing[] => [{ pointer, message }];

/** What the narrow schema promises about one member at least. */
export function memberSchema(schema: Keywords, name: string): Schema {
  const named = (schema.properties ?? {}) as Record<string, Schema>;
  if (Object.hasOwn(named, name)) return named[name] as Schema;
  // a pattern that matches the name would take the place of additionalProperties
  return schema.patternProperties === undefined ? ((schema.additionalProperties ?? true) as Schema) : true;
}

/** `type: [a, b]` split into one schema per type, so that each can look for its own alternative. */
export function perType(schema: Keywords): Schema[] {
  return Array.isArray(schema.type) ? schema.type.map((type) => ({ ...schema, type })) : [];
}

export function compareTypes(narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
  const allowed = typesOf({ type: wide.type }) ?? [];
  const types = typesOf(narrow);
  if (types === undefined) return lost(here, `only ${allowed.join(', ')} is accepted`);
  const gone = types.filter((type) => !allowed.includes(type) && !(type === 'integer' && allowed.includes('number')));
  return gone.length === 0 ? [] : lost(here, `type ${gone.join(', ')} is not accepted any more`);
}

export function compareValues(narrow: Keywords, listed: readonly unknown[], here: string): readonly Narrowing[] {
  const allowed = new Set(listed.map(canonicalJson));
  const values = finiteValuesOf(narrow);
  if (values === undefined) return lost(here, 'only listed values are accepted');
  const gone = values.filter((value) => !allowed.has(canonicalJson(value)));
  return gone.length === 0 ? [] : lost(here, `value ${canonicalJson(gone[0]).slice(0, 80)} is not accepted any more`);
}

export function compareRequired(narrow: Keywords, wide: Keywords, here: string): readonly Narrowing[] {
  const own = new Set((narrow.required ?? []) as string[]);
  return (wide.required as string[])
    .filter((name) => !own.has(name))
    .flatMap((name) => lost(here, `member ${JSON.stringify(name)} is required`));
}

export const escapePointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
