import canonicalize from 'canonicalize';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Canonical JSON text (RFC 8785). A value whose objects already list their keys in order is printed by
 * `JSON.stringify`, which RFC 8785 builds on; any other goes through the canonicaliser.
 * Throws a RangeError on NaN and infinities, which JSON cannot say.
 */
export function canonicalJson(value: unknown): string {
  const text = isOrdered(value) ? JSON.stringify(value) : canonicalize(value);
  if (text === undefined) throw new RangeError('value has no JSON form');
  return text;
}

function isOrdered(value: unknown): boolean {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
  if (typeof value !== 'object' || value === null) return true;
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
