export { AgeOrderedMap } from './age-ordered-map.js';
export { canonicalJson, inOrder, type JsonObject, type JsonValue } from './canonical-json.js';
export { digestOf, sha256Hex } from './digest.js';
export { type IdKind, IdSource, isIdOf, SLOT_COUNT, slotOfId, slotOfKey } from './ids.js';
export type { Clock, Random, Scheduler, Span, SpanOptions, Tracer } from './ports.js';
export { err, ok, type Result } from './result.js';
export { DEPTH_MAX, isUnsafeInteger, parseStrictJson, pointerOf, type StrictJsonError } from './strict-json.js';
export { Turnstile } from './turnstile.js';
