import { type JSONPath, type JSONVisitor, visit } from 'jsonc-parser';
import type { JsonValue } from './canonical-json.js';
import { err, ok, type Result } from './result.js';

/** Why a text is refused, and where: a JSON Pointer (RFC 6901) when a place inside the document can be named. */
export interface StrictJsonError {
  readonly reason:
    | 'not_utf8'
    | 'syntax'
    | 'duplicate_key'
    | 'too_deep'
    | 'unsafe_integer'
    | 'number_out_of_range'
    | 'lone_surrogate'
    | 'forbidden_key';
  readonly message: string;
  readonly pointer: string;
}

/** Doubles from here on are printed with an exponent, so that nobody takes them for integers told digit by digit. */
const EXPONENT_FROM = 1e21;

/** Whether a number would be printed as an integer that readers with doubles cannot tell from its neighbours. */
export const isUnsafeInteger = (value: number): boolean =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < EXPONENT_FROM;

/** Levels of nesting that a document may have. */
export const DEPTH_MAX = 64;

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses JSON (RFC 8259) that means the same to every reader (I-JSON, RFC 7493): no duplicate keys, no integers that a
 * double cannot hold however they are written, no lone surrogates, no keys that reach a prototype, at most {@link DEPTH_MAX} levels.
 * One cheap pass accepts the ordinary document; only a suspicious one is read again, slowly, to name the place.
 */
export function parseStrictJson(input: Uint8Array | string): Result<JsonValue, StrictJsonError> {
  let text: string;
  try {
    text = typeof input === 'string' ? input : utf8.decode(input);
  } catch {
    return err({ reason: 'not_utf8', message: 'body is not valid UTF-8', pointer: '' });
  }
  const shape = scanShape(text);
  if (shape.depth > DEPTH_MAX) return err(explain(text) ?? tooDeep(''));
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    return err(explain(text) ?? { reason: 'syntax', message: (cause as Error).message, pointer: '' });
  }
  if (countMembers(value) === shape.members) return ok(value);
  const found = explain(text);
  return found === undefined ? ok(value) : err(found);
}

/** Members (name/value pairs) and nesting depth of a text, by its punctuation outside strings. */
function scanShape(text: string): { members: number; depth: number } {
  let members = 0;
  let depth = 0;
  let depthMax = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i);
    else if (code === 0x3a) members += 1;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > depthMax) depthMax = depth;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return { members, depth: depthMax };
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i += 1;
    else if (code === 0x22) return i;
  }
  return text.length;
}

/** Members of a parsed value, or NaN when anything in it deserves the slow look. */
function countMembers(value: JsonValue): number {
  if (typeof value === 'string') return value.isWellFormed() ? 0 : Number.NaN;
  if (typeof value === 'number')
    return Number.isInteger(value) === Number.isSafeInteger(value) && Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item);
    return members;
  }
  for (const [key, member] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key) || !key.isWellFormed()) return Number.NaN;
    members += 1 + countMembers(member);
  }
  return members;
}

class Refusal extends Error {
  constructor(readonly finding: StrictJsonError) {
    super(finding.message);
  }
}

/** Reads the text token by token and returns the first violation, or undefined when there is none. */
export function explain(text: string): StrictJsonError | undefined {
  try {
    visit(text, refusingVisitor(text), { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
    return undefined;
  } catch (cause) {
    if (cause instanceof Refusal) return cause.finding;
    throw cause;
  }
}

function refusingVisitor(text: string): JSONVisitor {
  const namesSeen: Set<string>[] = [];
  let depth = 0;
  const enter = (path: JSONPath): void => {
    depth += 1;
    if (depth > DEPTH_MAX) throw new Refusal(tooDeep(pointerOf(path)));
  };
  return {
    onObjectBegin: (_offset, _length, _line, _character, path) => {
      namesSeen.push(new Set());
      enter(path());
    },
    onObjectEnd: () => {
      namesSeen.pop();
      depth -= 1;
    },
    onArrayBegin: (_offset, _length, _line, _character, path) => enter(path()),
    onArrayEnd: () => {
      depth -= 1;
    },
    onObjectProperty: (name, _offset, _length, _line, _character, path) => {
      const pointer = pointerOf([...path(), name]);
      const names = namesSeen[namesSeen.length - 1];
      if (names?.has(name)) refuse('duplicate_key', `key ${JSON.stringify(name)} appears twice`, pointer);
      names?.add(name);
      if (FORBIDDEN_KEYS.has(name)) refuse('forbidden_key', `key ${JSON.stringify(name)} is not allowed`, pointer);
      if (!name.isWellFormed()) refuse('lone_surrogate', 'a key holds half of a surrogate pair', pointerOf(path()));
    },
    onLiteralValue: (value, offset, length, _line, _character, path) => {
      if (typeof value === 'string' && !value.isWellFormed())
        refuse('lone_surrogate', 'a string holds half of a surrogate pair', pointerOf(path()));
      if (typeof value === 'number') checkNumber(text.slice(offset, offset + length), value, () => pointerOf(path()));
    },
    onError: (_error, offset) => refuse('syntax', `not JSON at character ${offset}`, ''),
  };
}

function checkNumber(literal: string, value: number, pointer: () => string): void {
  if (!Number.isFinite(value))
    refuse('number_out_of_range', `${literal.slice(0, 40)} does not fit a double`, pointer());
  if (isUnsafeInteger(value) || (Math.abs(value) >= EXPONENT_FROM && /^-?\d+$/.test(literal)))
    refuse('unsafe_integer', `${literal.slice(0, 40)} is beyond ±(2^53 − 1); send it as a string`, pointer());
}

function refuse(reason: StrictJsonError['reason'], message: string, pointer: string): never {
  throw new Refusal({ reason, message, pointer });
}

const tooDeep = (pointer: string): StrictJsonError => ({
  reason: 'too_deep',
  message: `nested deeper than ${DEPTH_MAX} levels`,
  pointer,
});

/** JSON Pointer (RFC 6901) of a path. */
export const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
