import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ContentDescriptor } from '@intendant/intent-model';
import { type JsonObject, type JsonValue, parseStrictJson } from '@intendant/kernel';
import { UsageError } from './usage-error.js';

/** An argument: itself, the bytes of the file after `@`, or those of standard input for `-`. */
export async function readArgument(argument: string, what: string): Promise<Uint8Array | string> {
  if (argument === '-') return readStandardInput();
  return argument.startsWith('@') ? readFile(argument.slice(1), what) : argument;
}

/** As bytes: a pipe cuts characters in the middle. */
export const readStandardInput = async (): Promise<Buffer> => Buffer.concat(await process.stdin.toArray());

function readFile(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`${what} cannot be read: ${(cause as Error).message}`);
  }
}

/** The JSON object of a text or its bytes; what is wrong with it is told with the place. */
export function jsonObject(text: Uint8Array | string, what: string): JsonObject {
  const value = jsonValue(text, what);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${what} must be a JSON object`);
  return value as JsonObject;
}

export function jsonValue(text: Uint8Array | string, what: string): JsonValue {
  const parsed = parseStrictJson(text);
  if (parsed.ok) return parsed.value;
  throw new UsageError(`${what}: ${parsed.error.message}${parsed.error.pointer && ` at ${parsed.error.pointer}`}`);
}

export interface ContentField {
  readonly field: string;
  readonly path: string;
}

/** `field=path` of `--content`. */
export function contentField(text: string): ContentField {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new UsageError(`--content must be field=path, not ${text}`);
  return { field: text.slice(0, at), path: text.slice(at + 1) };
}

/** The payload with staged references in the fields they are for. */
export function withContent(
  payload: JsonObject,
  staged: readonly (ContentField & { readonly descriptor: ContentDescriptor })[],
): JsonObject {
  const filled: Record<string, JsonValue> = { ...payload };
  for (const { field, descriptor } of staged) filled[field] = descriptor.ref;
  return filled;
}

export const stagedNotice = ({ path, descriptor }: ContentField & { descriptor: ContentDescriptor }): string =>
  `staged ${basename(path)}: ${descriptor.sizeBytes} bytes, ${descriptor.ref}`;
