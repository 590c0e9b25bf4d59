import { type Failure, failure } from '@intendant/intent-model';
import { QueryFailedError } from 'typeorm';

/**
 * SQLSTATE classes and codes that say "not now": connection, resources, intervention, cancelled; or a schema, a role or its
 * rights yet to come.
 */
const NOT_NOW = /^(08|53|57|58|3F000|42P01|22023|42501|25006|40001|40P01|55P03)/;

/** What Node and the driver say of a connection that cannot be had or was lost. */
const NO_CONNECTION =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|connection (?:terminated|timeout|ended)|timeout exceeded|query read timeout|not queryable|driver not connected/i;

/** The failure to answer with when `error` means that PostgreSQL cannot be asked now; null for a defect. */
export function unavailability(error: unknown): Failure | null {
  const cause = error instanceof QueryFailedError ? error.driverError : error;
  const { code, message } = cause as { code?: unknown; message?: string };
  const said = `${typeof code === 'string' ? code : ''} ${message ?? String(cause)} ${causesOf(cause)}`;
  const notNow = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && NOT_NOW.test(code);
  if (!notNow && !NO_CONNECTION.test(said)) return null;
  return failure('read_model_unavailable', 'the database of lists and searches does not answer', {
    retryAfterMs: 1_000,
  });
}

/** A host with several addresses fails with one error for each. */
const causesOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map((one: NodeJS.ErrnoException) => one.code ?? one.message).join(' ')
    : '';
