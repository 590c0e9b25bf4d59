import { canonicalJson, type JsonValue } from '@intendant/kernel';

/** JSON Pointer of the first place at which two values differ, in the order of their members; null when they are equal. */
export function firstDifference(expected: JsonValue | undefined, actual: JsonValue | undefined): string | null {
  if (expected === undefined || actual === undefined) return expected === actual ? null : '';
  if (!isComposite(expected) || !isComposite(actual) || Array.isArray(expected) !== Array.isArray(actual))
    return canonicalJson(expected) === canonicalJson(actual) ? null : '';
  for (const name of namesOf(expected, actual)) {
    const at = firstDifference(memberOf(expected, name), memberOf(actual, name));
    if (at !== null) return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}${at}`;
  }
  return null;
}

type Composite = readonly JsonValue[] | { readonly [name: string]: JsonValue };

const isComposite = (value: JsonValue): value is Composite => typeof value === 'object' && value !== null;

const namesOf = (one: Composite, other: Composite): readonly string[] => {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Array.isArray(one) ? names : names.sort();
};

const memberOf = (value: Composite, name: string): JsonValue | undefined =>
  Object.hasOwn(value, name) ? (value as { readonly [name: string]: JsonValue })[name] : undefined;
