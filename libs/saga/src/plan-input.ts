import type { JsonValue } from '@intendant/kernel';

/** What a pointer of a plan's input can reach. */
export interface InputScope {
  readonly payload: JsonValue;
  /** Results of the steps that are done: `{artifacts, events, stateChanges}`, an array of them after a fan-out. */
  readonly steps: Readonly<Record<string, JsonValue>>;
  readonly item: JsonValue;
  readonly index: number | null;
  readonly executionId: string;
}

const FROM = '$from';

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** The pointer of a `{"$from": …}`; null for any other object. */
function fromOf(template: { readonly [key: string]: JsonValue }): string | null {
  const from = template[FROM];
  return typeof from === 'string' && Object.keys(template).length === 1 ? from : null;
}

/** Fills in a template; what a pointer does not find is left out of its object and is null in an array. */
export function fillIn(template: JsonValue, scope: InputScope): JsonValue | undefined {
  if (typeof template !== 'object' || template === null) return template;
  if (isList(template)) return template.map((element) => fillIn(element, scope) ?? null);
  const from = fromOf(template);
  if (from !== null) return find(from, scope);
  const filled = Object.entries(template).map(([name, member]) => [name, fillIn(member, scope)] as const);
  // from entries, so that no name is more than a name
  return Object.fromEntries(filled.filter((one): one is readonly [string, JsonValue] => one[1] !== undefined));
}

/** What a pointer (RFC 6901) finds: members of objects and elements of lists, nothing that JavaScript adds to them. */
export function find(at: string, scope: InputScope): JsonValue | undefined {
  const [empty, ...segments] = at.split('/');
  if (empty !== '' || inheritedName(at) !== null) return undefined;
  let found: JsonValue | undefined = scope as unknown as JsonValue;
  for (const segment of segments) found = memberOf(found, segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  return found;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isList(value)) return /^(?:0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A segment of the pointer that would reach into JavaScript instead of JSON. */
export const inheritedName = (at: string): string | null =>
  at.split('/').find((segment) => segment in Object.prototype) ?? null;

/** Every pointer in a template. */
export function pointersIn(template: JsonValue | undefined): readonly string[] {
  if (typeof template !== 'object' || template === null) return [];
  if (isList(template)) return template.flatMap(pointersIn);
  const from = fromOf(template);
  if (from !== null) return [from];
  return Object.values(template).flatMap((member) => pointersIn(member));
}

const SHOWN_CHARS_MAX = 100;

/** Objects of a template that look like pointers and are data: somebody meant something else. */
export function malformedIn(template: JsonValue | undefined): readonly string[] {
  if (typeof template !== 'object' || template === null) return [];
  if (isList(template)) return template.flatMap(malformedIn);
  if (fromOf(template) !== null) return [];
  const own = Object.hasOwn(template, FROM) ? [JSON.stringify(template).slice(0, SHOWN_CHARS_MAX)] : [];
  return [...own, ...Object.values(template).flatMap((member) => malformedIn(member))];
}
