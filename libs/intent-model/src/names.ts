import { z } from 'zod';

/** A tenant, user, role, service or rule name: short, printable, without separators that mean something elsewhere. */
export const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'must be 1–128 letters, digits or . _ @ -');

/** To whom data is granted: a user, or whoever holds a role. */
export const Grantee = z
  .string()
  .regex(/^(user|role):[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'must be user:{name} or role:{name}');

/** A realm: the lower-case word before the dot of an intent type. */
export const Realm = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a lower-case word');

/** `{realm}.{action}`, two lower-case words. */
export const IntentType = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}$/, 'must be {realm}.{action} in lower case');

export const realmOf = (intentType: string): string => intentType.slice(0, intentType.indexOf('.'));

/** SHA-256 in lower-case hex. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

/** ISO 8601 UTC instant with milliseconds. */
export const Instant = z.iso.datetime({ precision: 3 });

/** Semantic version without build metadata. */
export const Version = z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/, 'must be major.minor.patch');

/** RFC 6901, with `*` standing for every element of an array. */
export const JsonPointer = z.string().regex(/^(\/[^/]{0,128}){1,16}$/, 'must be a JSON Pointer');

type Json = z.core.util.JSONType;

/**
 * Any JSON object; its meaning belongs to the capability, never to the Runtime. What is checked with it came out of a JSON
 * parser, so its members are JSON already and are not walked again.
 */
export const JsonObjectSchema = z.looseObject({}) as unknown as z.ZodType<{ [key: string]: Json }>;

/** Any JSON value, already parsed; only its absence is refused. */
export const JsonValueSchema = z.custom<Json>((value) => value !== undefined, 'is required').meta({});
