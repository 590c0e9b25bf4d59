import { type CallOutcome, detailsInBounds, JsonObjectSchema, StepError } from '@intendant/intent-model';
import { CallAborted, errorOfAbort, type LazyAbort } from './call-abort.js';
import { jsonFault } from './json-fault.js';
import type { StepFailure } from './participant.js';

/** Characters of a failure's message that travel. */
export const MESSAGE_CHARS_MAX = 2_000;

/** Frames of a stack that are logged. */
const FRAMES_MAX = 8;

type Abort = Pick<LazyAbort, 'reason'>;

/**
 * What a handler threw, as an outcome. A {@link StepFailure} keeps its code; after an abort anything else counts as the
 * abort; the rest is `handler_failed`, retryable, for a handler that can be retried safely has nothing to lose. The text
 * of such an error was not written to be read by others, may hold anything, and goes nowhere: not into the log of the
 * Runtime, not into this process's.
 */
export function outcomeOfThrown(thrown: unknown, abort: Abort): CallOutcome {
  return { status: 'failed', error: errorOfThrown(thrown, abort) };
}

function errorOfThrown(thrown: unknown, abort: Abort): StepError {
  if (isStepFailure(thrown)) return errorOfFailure(thrown);
  if (abort.reason instanceof CallAborted) return errorOfAbort(abort.reason.abortCause);
  return { code: 'handler_failed', message: `the handler threw ${kindOf(thrown)}`, retryable: true, details: null };
}

/** Name of what was thrown, without its text. */
export function kindOf(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return String(thrown);
  if (!(thrown instanceof Error)) return typeof thrown === 'object' ? 'an object' : `a ${typeof thrown}`;
  return /^[A-Za-z]\w{0,63}$/.test(thrown.name) ? thrown.name : 'an Error';
}

/** Where it was thrown: the frames of its stack, which hold places in code and no text. */
export function framesOf(thrown: unknown): string[] {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line));
  return frames.slice(0, FRAMES_MAX).map((line) => line.trim());
}

function errorOfFailure(failure: StepFailure): StepError {
  const code = StepError.shape.code.safeParse(failure.code);
  const retryable = failure.options?.retryable === true;
  const details = detailsOf(failure.options?.details);
  if (code.success) return { code: code.data, message: bounded(failure.message), retryable, details };
  return {
    code: 'handler_failed',
    message: bounded(`${String(failure.code)}: ${failure.message}`),
    retryable,
    details,
  };
}

function detailsOf(given: unknown): StepError['details'] {
  if (jsonFault(given) !== null) return null;
  const parsed = JsonObjectSchema.safeParse(given);
  return parsed.success ? detailsInBounds(parsed.data) : null;
}

const bounded = (message: string): string => message.slice(0, MESSAGE_CHARS_MAX).toWellFormed();

/** By its look, so that a failure made by another copy of this library counts as well. */
export const isStepFailure = (thrown: unknown): thrown is StepFailure =>
  thrown instanceof Error && thrown.name === 'StepFailure' && typeof (thrown as StepFailure).code === 'string';
