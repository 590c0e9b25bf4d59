import { isNativeError } from 'node:util/types';
import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

export type { Logger };

const REDACTED = ['authorization', 'token', 'password', '*.authorization', '*.token', '*.password'];

/**
 * JSON lines on standard output; request bodies and tokens are never passed to it. Written through Node's own stream:
 * pino's retries for ever, blocking, when the reader of a pipe is gone, and a launcher that was killed is just that.
 */
export function createLogger(service: string, level: string): Logger {
  process.stdout.on('error', () => undefined);
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { err: loggedError },
  };
  return pino(options, process.stdout);
}

/**
 * What says what went wrong, and nothing else: clients of databases and brokers hang onto their errors what they were about to
 * send, a password or a tenant's data among it.
 */
export function loggedError(error: unknown): unknown {
  if (!isError(error)) return error;
  const { name, message, stack, cause } = error;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  return {
    type: name,
    message,
    stack,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(isError(cause) ? { cause: loggedError(cause) } : {}),
    ...(Array.isArray(errors) ? { errors: errors.filter(isError).map(loggedError) } : {}),
  };
}

const isError = (value: unknown): value is Error => value instanceof Error || isNativeError(value);

/** Lets Nest's own messages join the JSON stream; its start-up chatter goes to debug. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown): string => (message instanceof Error ? message.message : String(message));
  return {
    log: (message: unknown, context?: string) => logger.debug({ context }, text(message)),
    warn: (message: unknown, context?: string) => logger.warn({ context }, text(message)),
    error: (message: unknown, stack?: string, context?: string) => logger.error({ context, stack }, text(message)),
    debug: (message: unknown, context?: string) => logger.debug({ context }, text(message)),
    verbose: (message: unknown, context?: string) => logger.trace({ context }, text(message)),
  };
}
