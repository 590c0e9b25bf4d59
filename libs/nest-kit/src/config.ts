import { z } from 'zod';

/** Exit code for a configuration that cannot be used (sysexits.h EX_CONFIG). */
export const EXIT_CONFIG = 78;

const Port = z.coerce.number().int().min(0).max(65_535);

/** Variables that every process reads. */
export const ProcessEnv = z.object({
  INTENDANT_MODE: z.enum(['production', 'lab']).default('production'),
  INTENDANT_HOST: z.string().min(1).default('127.0.0.1'),
  INTENDANT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  INTENDANT_TLS_CA_FILE: z.string().min(1),
  INTENDANT_TLS_CERT_FILE: z.string().min(1),
  INTENDANT_TLS_KEY_FILE: z.string().min(1),
  /** Port of the plain HTTP listener for /health and /metrics; none when absent. */
  INTENDANT_HEALTH_PORT: Port.optional(),
  /** 1 sends traces, 0 does not; told by OTEL_EXPORTER_OTLP_ENDPOINT when absent. */
  INTENDANT_OTEL: z.enum(['0', '1']).optional(),
});
export type ProcessEnv = z.infer<typeof ProcessEnv>;

export const PortVariable = Port;

/** `host:port` of another service. */
export const AddressVariable = z
  .string()
  .regex(/^[^:\s]+:\d{1,5}$/, 'must be host:port')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port >= 1 && port <= 65_535, 'must have a port from 1 to 65535');

/** What is wrong with a configuration, all of it. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** What keeps a process from starting now and may pass by itself: said in one message; exit code 1, to be tried again. */
export class CannotStartNow extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'CannotStartNow';
  }
}

/** Servers that a process cannot start without, and why they cannot be used; `places` without user and password. */
export const outOfReach = (variable: string, places: string, error: unknown): CannotStartNow =>
  new CannotStartNow(`${variable}: ${places} cannot be used: ${reasonOf(error)}`, error);

/** Host and port of a URL: who may log in there, and how, is nobody's to read. */
export const hostOf = (url: string): string => new URL(url).host;

/** A host with several addresses fails with one error for each, and no message of its own. */
function reasonOf(error: unknown): string {
  const { message, errors } = error as { message?: unknown; errors?: unknown };
  if (message === '' && Array.isArray(errors)) return errors.map(reasonOf).join(', ');
  return typeof message === 'string' ? message : String(error);
}

/**
 * Further rules that need more than one variable; each returns the problems it finds. `given` is the text of the variables, for
 * a rule that has something to say of one that cannot be read as a whole.
 */
export type ConfigRule<T> = (config: T, given: Readonly<Record<string, string | undefined>>) => readonly string[];

/**
 * Parses the environment once; throws one {@link ConfigError} that names every problem.
 * An empty variable counts as absent.
 */
export function parseConfig<T extends z.ZodObject>(
  schema: T,
  env: NodeJS.ProcessEnv,
  rules: readonly ConfigRule<z.infer<T>>[] = [],
): z.infer<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map((issue) => {
    const name = issue.path.join('.');
    const absent = issue.code === 'invalid_type' && given[String(issue.path[0])] === undefined;
    return `${name}: ${absent ? 'is required' : issue.message}`;
  });
  const config = parsed.data ?? readable(schema, given);
  problems.push(...rules.flatMap((rule) => asked(rule, config, given)));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** A rule needs a variable that could not be read. */
class Unreadable extends Error {}

/** What could be read of a configuration that is wrong; whoever asks for the rest is told so. */
function readable<T extends z.ZodObject>(schema: T, given: Readonly<Record<string, unknown>>): z.infer<T> {
  const read = Object.entries(schema.shape).map(([name, field]) => [name, z.safeParse(field, given[name])] as const);
  const fields = new Map(read.flatMap(([name, { success, data }]) => (success ? [[name, data]] : [])));
  return new Proxy({} as z.infer<T>, {
    get: (_, name) => {
      if (typeof name === 'string' && fields.has(name)) return fields.get(name);
      throw new Unreadable();
    },
  });
}

/** What the rule finds; nothing when it cannot be said before another problem is mended. */
function asked<T>(rule: ConfigRule<T>, config: T, given: Parameters<ConfigRule<T>>[1]): readonly string[] {
  try {
    return rule(config, given);
  } catch (error) {
    if (error instanceof Unreadable) return [];
    throw error;
  }
}

/** Production takes no plaintext between services: the database must be asked for TLS. The embedded one has none. */
export const databaseOverTls: ConfigRule<{ INTENDANT_MODE: string; INTENDANT_DATABASE_URL: string }> = (env) => {
  if (env.INTENDANT_MODE !== 'production') return [];
  const sslMode = new URL(env.INTENDANT_DATABASE_URL).searchParams.get('sslmode');
  if (sslMode === 'require' || sslMode === 'verify-ca' || sslMode === 'verify-full') return [];
  const choices = 'sslmode=verify-full (or verify-ca, require)';
  return [`INTENDANT_DATABASE_URL: production needs ${choices}; the embedded database has no TLS`];
};

/** {@link parseConfig} for a main module: prints the problems and exits with {@link EXIT_CONFIG}. */
export function loadConfig<T extends z.ZodObject>(
  schema: T,
  rules: readonly ConfigRule<z.infer<T>>[] = [],
): z.infer<T> {
  try {
    return parseConfig(schema, process.env, rules);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}
