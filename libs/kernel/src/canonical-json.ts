import canonicalize from 'canonicalize';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Canonical JSON text (RFC 8785). A value whose objects list their keys in order is printed by `JSON.stringify`, which
 * RFC 8785 builds on; others are put in order first. Objects with keys that look like array indexes cannot be put in
 * order (the engine lists those first), so they go through the canonicaliser.
 * Throws a RangeError on NaN and infinities, which JSON cannot say.
 */
export function canonicalJson(value: unknown): string {
  const ordered = inOrder(value);
  const text = ordered === value || isOrdered(ordered) ? JSON.stringify(ordered) : canonicalize(value);
  if (text === undefined) throw new RangeError('value has no JSON form');
  return text;
}

/** The value itself when its keys are in canonical order; else the same in order, where an object can hold them so. */
export const inOrder = <T>(value: T): T => (isOrdered(value) ? value : sorted(value));

function sorted<T>(value: T): T {
  if (typeof value !== 'object' || value === null) {
    refuseNonFinite(value);
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => sorted(item)) as T;
  const source = value as Record<string, unknown>;
  // fromEntries defines members where an assignment to `__proto__` would set the prototype
  return Object.fromEntries(
    Object.keys(source)
      .sort()
      .map((key) => [key, sorted(source[key])]),
  ) as T;
}

function isOrdered(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    refuseNonFinite(value);
    return true;
  }
  if (Array.isArray(value)) {
    for (const item of value) if (!isOrdered(item)) return false;
    return true;
  }
  let previous: string | undefined;
  for (const key in value) {
    if (previous !== undefined && key < previous) return false;
    previous = key;
    if (!isOrdered((value as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function refuseNonFinite(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
}
