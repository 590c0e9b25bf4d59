import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Hex = (bytes: string | Uint8Array): string => hash('sha256', bytes, 'hex');

/** SHA-256 over the canonical JSON of a value: equal for equal values, however they were written. */
export const digestOf = (value: unknown): string => sha256Hex(canonicalJson(value));
