/** What the program ends with; part of its interface, as documented in `intendant --help`. */
export const Exit = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  invalid: 5,
  unavailable: 6,
  executionFailed: 7,
  notVerified: 8,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

const STATUS_EXITS: Readonly<Record<number, Exit>> = {
  400: Exit.invalid,
  401: Exit.refused,
  403: Exit.refused,
  404: Exit.notFound,
  405: Exit.invalid,
  409: Exit.invalid,
  413: Exit.invalid,
  415: Exit.invalid,
  422: Exit.invalid,
  429: Exit.unavailable,
  503: Exit.unavailable,
};

export const exitOfStatus = (status: number): Exit => STATUS_EXITS[status] ?? Exit.unexpected;

const UNSUCCESSFUL: ReadonlySet<string> = new Set(['failed', 'cancelled', 'compensated', 'stuck']);

/** Of the status of an execution that is shown as the outcome of the command. */
export const exitOfExecution = (status: string): Exit => (UNSUCCESSFUL.has(status) ? Exit.executionFailed : Exit.ok);

export const EXIT_CODE_HELP = `
Exit codes:
  0  done; an execution that is still running counts as done
  1  something unexpected
  2  the command line is wrong, or a file it names
  3  refused by policy or identity (401, 403)
  4  not found (404)
  5  invalid (400, 405, 409, 413, 415, 422)
  6  not available now (429, 503, no connection, a log that cannot be opened); the same command may work later,
     with the --key or --id that it told, if it told one
  7  the execution failed, was cancelled or undone, or is stuck
  8  a verification or validation did not pass`;
