import { type JsonObject, type JsonValue, pointerOf } from '@intendant/kernel';
import { isPlain } from './reference-text.js';

/** Places that are told of one reference. */
const MENTIONS_MAX = 16;
const POINTER_CHARS_MAX = 256;
/** Values of one payload that are looked at. */
const VALUES_MAX = 100_000;

/** JSON Pointers to the places where each of these references stands in a payload, in the order of the payload. */
export function mentionsOf(payload: JsonObject, references: Iterable<string>): Map<string, string[]> {
  const mentions = new Map<string, string[]>([...references].map((reference) => [reference, []]));
  const open: { readonly value: JsonValue; readonly path: readonly (string | number)[] }[] = [
    { value: payload, path: [] },
  ];
  for (let looked = 0; open.length > 0 && looked < VALUES_MAX; looked += 1) {
    const { value, path } = open.pop() as (typeof open)[number];
    if (typeof value === 'string') note(mentions.get(value), path);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value).reverse())
        open.push({ value: inner as JsonValue, path: [...path, name] });
  }
  return mentions;
}

function note(places: string[] | undefined, path: readonly (string | number)[]): void {
  const pointer = places === undefined ? '' : pointerOf(path);
  if (places === undefined || places.length === MENTIONS_MAX) return;
  if (pointer.length <= POINTER_CHARS_MAX && isPlain(pointer)) places.push(pointer);
}
