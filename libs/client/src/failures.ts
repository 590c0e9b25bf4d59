import { Problem } from '@intendant/intent-model';

/** The server refused: carries the typed problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly problem: Problem,
    /** What `Retry-After` asked for. */
    readonly retryAfterMs?: number,
  ) {
    super(`${problem.code}: ${problem.detail}`);
  }

  get code(): string {
    return this.problem.code;
  }
  get status(): number {
    return this.problem.status;
  }
  get detail(): string {
    return this.problem.detail;
  }
  get field(): string | undefined {
    return this.problem.field;
  }
  get remedy(): string | undefined {
    return this.problem.remedy;
  }
  get retry(): Problem['retry'] {
    return this.problem.retry;
  }
}

/** What the caller gave cannot be sent, or waited for; nothing was asked. */
export class InvalidArgument extends RangeError {
  override readonly name = 'InvalidArgument';
}

/** No answer came: the server could not be reached, or the connection broke. */
export class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed';

  constructor(
    readonly url: string,
    /** True when the request cannot have reached the server. */
    readonly nothingSent: boolean,
    cause: Error,
  ) {
    super(`${url}: ${reasonOf(cause)}`, { cause });
  }
}

/** The answer is not one of this API. */
export class UnexpectedReply extends Error {
  override readonly name = 'UnexpectedReply';
}

/** The execution had not settled when the time was over; it goes on, and can be asked for again. */
export class StillRunning extends Error {
  override readonly name = 'StillRunning';

  constructor(
    readonly executionId: string,
    readonly waitedMs: number,
  ) {
    super(`${executionId} has not settled after ${waitedMs} ms`);
  }
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Why a request has no answer: there was no connection, or it was none that can be sent, such as one with a malformed header. */
export const unanswered = (url: string, cause: Error): ConnectionFailed | InvalidArgument =>
  codeOf(cause) === 'UND_ERR_INVALID_ARG'
    ? new InvalidArgument(cause.message, { cause })
    : new ConnectionFailed(url, NEVER_SENT.has(codeOf(cause)), cause);

/** An error of several addresses of one name (`AggregateError`) has its reason in its parts. */
function codeOf(cause: Error & { code?: string; errors?: Error[] }): string {
  return cause.code ?? (cause.errors?.[0] === undefined ? '' : codeOf(cause.errors[0]));
}

function reasonOf(cause: Error & { errors?: Error[] }): string {
  return cause.message || cause.errors?.[0]?.message || codeOf(cause) || cause.name;
}

/** The failure that an answer with an error status is. */
export function problemErrorOf(status: number, body: string, retryAfter: string | undefined): ProblemError {
  const parsed = Problem.safeParse(jsonOrUndefined(body));
  const problem = parsed.success ? parsed.data : foreignProblem(status, body);
  return new ProblemError(problem, retryAfterMsOf(retryAfter));
}

/** What something between here and the server answered; whether the server was asked before, only the server could say. */
const foreignProblem = (status: number, body: string): Problem => ({
  type: 'about:blank',
  title: `HTTP ${status}`,
  status,
  code: `http_${status}`,
  detail: body.trim().split('\n')[0]?.slice(0, 200) || `the server answered with status ${status}`,
  retry: status === 503 ? 'same_key' : 'never',
});

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds only: the form the API uses. */
const retryAfterMsOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
