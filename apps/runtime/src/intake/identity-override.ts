import type { Principal } from '@intendant/intent-model';
import type { JsonObject, JsonValue } from '@intendant/kernel';

/** One place where a request claims to be somebody or something it is not. */
export interface Mismatch {
  /** JSON Pointer into the body, `header x-…` or `query …`. */
  readonly field: string;
  readonly claimed: string;
}

/** What the token says, by every name under which a request may repeat it. */
const REPEATABLE: Readonly<Record<string, (principal: Principal) => JsonValue>> = {
  tenantId: (principal) => principal.tenantId,
  userId: (principal) => principal.userId,
  principal: (principal) => principal.userId,
  principalId: (principal) => principal.userId,
  roles: (principal) => principal.roles,
  mode: (principal) => principal.mode,
};

/** What only the server gives: no claim about these can agree. */
const SERVER_GIVEN = new Set(['intentId', 'executionId', 'decisionId', 'createdAt', 'acceptedAt', 'occurredAt']);

const HEADERS: Readonly<Record<string, string>> = {
  'x-tenant-id': 'tenantId',
  'x-user-id': 'userId',
  'x-principal': 'principal',
  'x-principal-id': 'principalId',
  'x-roles': 'roles',
  'x-mode': 'mode',
  'x-intent-id': 'intentId',
  'x-execution-id': 'executionId',
  'x-decision-id': 'decisionId',
  'x-created-at': 'createdAt',
  'x-accepted-at': 'acceptedAt',
  'x-occurred-at': 'occurredAt',
};

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Query = Readonly<Record<string, unknown>>;

/** Every identity claim of a request that disagrees with its token. Body members that agree are dropped from the rest. */
export function identityMismatches(
  principal: Principal,
  body: JsonObject,
  headers: Headers,
  query: Query,
): readonly Mismatch[] {
  const found: Mismatch[] = [];
  const check = (name: string, field: string, claimed: unknown): void => {
    if (!agrees(principal, name, claimed)) found.push({ field, claimed: shown(claimed) });
  };
  for (const name of Object.keys(body)) if (isIdentityField(name)) check(name, `/${name}`, body[name]);
  for (const [header, name] of Object.entries(HEADERS))
    if (headers[header] !== undefined) check(name, `header ${header}`, textOf(headers[header]));
  for (const name of Object.keys(query)) if (isIdentityField(name)) check(name, `query ${name}`, query[name]);
  return found;
}

export const isIdentityField = (name: string): boolean => Object.hasOwn(REPEATABLE, name) || SERVER_GIVEN.has(name);

/** The body without the identity members, which have been checked and carry nothing new; `own` are the route's own. */
export function withoutIdentity(body: JsonObject, own: readonly string[] = []): JsonObject {
  const rest: Record<string, JsonValue> = {};
  for (const name of Object.keys(body))
    if (own.includes(name) || !isIdentityField(name)) rest[name] = body[name] as JsonValue;
  return rest;
}

function agrees(principal: Principal, name: string, claimed: unknown): boolean {
  if (SERVER_GIVEN.has(name)) return false;
  const actual = REPEATABLE[name]?.(principal);
  if (!Array.isArray(actual)) return claimed === actual;
  const claimedRoles = Array.isArray(claimed)
    ? claimed
    : String(claimed)
        .split(',')
        .map((role) => role.trim());
  return claimedRoles.every((role) => actual.includes(role)) && actual.every((role) => claimedRoles.includes(role));
}

const textOf = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? value.join(',') : (value ?? '');

const shown = (claimed: unknown): string =>
  (typeof claimed === 'string' ? claimed : JSON.stringify(claimed)).slice(0, 256);
