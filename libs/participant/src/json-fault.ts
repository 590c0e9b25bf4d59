import { DEPTH_MAX, isUnsafeInteger, pointerOf } from '@intendant/kernel';

/** Where a value cannot be told in JSON that means the same to every reader, and why. */
export interface JsonFault {
  readonly pointer: string;
  readonly message: string;
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The first place where what a handler made is not JSON as the log takes it (I-JSON, RFC 7493), or null. A member that
 * is `undefined` is no fault: it is left out, as JSON.stringify does.
 */
export const jsonFault = (value: unknown): JsonFault | null => faultAt(value, 0);

function faultAt(value: unknown, depth: number): JsonFault | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return value.isWellFormed() ? null : fault('holds half of a surrogate pair');
  if (typeof value === 'number') return numberFault(value);
  if (depth === DEPTH_MAX) return fault(`is nested deeper than ${DEPTH_MAX} levels`);
  if (Array.isArray(value)) return faultInArray(value, depth + 1);
  return isPlainObject(value) ? faultInObject(value, depth + 1) : fault(`${kindOf(value)} is not JSON`);
}

function faultInArray(items: readonly unknown[], depth: number): JsonFault | null {
  for (let index = 0; index < items.length; index += 1) {
    const found = faultAt(items[index], depth);
    if (found !== null) return within(index, found);
  }
  return null;
}

function faultInObject(members: Record<string, unknown>, depth: number): JsonFault | null {
  for (const [key, member] of Object.entries(members)) {
    if (FORBIDDEN_KEYS.has(key) || !key.isWellFormed()) return fault(`key ${JSON.stringify(key)} is not allowed`);
    const found = member === undefined ? null : faultAt(member, depth);
    if (found !== null) return within(key, found);
  }
  return null;
}

function numberFault(value: number): JsonFault | null {
  if (!Number.isFinite(value)) return fault(`${value} is not JSON`);
  if (isUnsafeInteger(value)) return fault(`${value} is beyond ±(2^53 − 1); make it a string`);
  return null;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype of any realm: the one prototype that has none itself
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const kindOf = (value: unknown): string =>
  typeof value === 'object' ? (value?.constructor?.name ?? 'an object') : typeof value;

const fault = (message: string): JsonFault => ({ pointer: '', message });

const within = (key: string | number, { pointer, message }: JsonFault): JsonFault => ({
  pointer: `${pointerOf([key])}${pointer}`,
  message,
});
