import { z } from 'zod';
import { ConfigurationRefusal } from './refusals.js';
import { dataDirectoryOf } from './repository.js';

/** Ports by the service that listens there; 0 stands for "a free one". */
export interface LabPorts {
  runtime: number;
  runtimeData: number;
  curator: number;
  curatorHttp: number;
  smartCity: number;
}

export interface LabConfiguration {
  dataDir: string;
  ports: LabPorts;
  /** A PostgreSQL of the user's; none is started then. */
  databaseUrl: string | undefined;
  /** Processes of the Runtime that share the log. */
  runtimeReplicas: number;
  /** How long a process may stay without an answer before it is started anew; 0 for as long as it likes. */
  hangMs: number;
  logLevel: string;
  /** One line of JSON instead of the welcome text, for programs that start a lab. */
  json: boolean;
}

/** The variable that sets each port, for messages that say what to change. */
export const portVariables: Record<keyof LabPorts, string> = {
  runtime: 'INTENDANT_RUNTIME_PORT',
  runtimeData: 'INTENDANT_RUNTIME_DATA_PORT',
  curator: 'INTENDANT_CURATOR_PORT',
  curatorHttp: 'INTENDANT_CURATOR_HTTP_PORT',
  smartCity: 'INTENDANT_SMART_CITY_PORT',
};

const anyPort = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number, 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number, 0 to 65535');
const port = (usual: number) => anyPort.default(usual);

/** Beside Curator's other port, so that a lab whose ports were moved has it moved as well. */
const besideCurator = (curator: number): number => (curator === 0 || curator === 65_535 ? 0 : curator + 1);

const isPostgresUrl = (text: string): boolean => {
  try {
    return /^postgres(ql)?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
};

const Environment = z.object({
  INTENDANT_MODE: z.literal('lab', 'must be left unset: `npm start` always runs the lab').optional(),
  INTENDANT_HOST: z.literal('127.0.0.1', 'must be left unset: the lab listens on 127.0.0.1 only').optional(),
  INTENDANT_DATA_DIR: z.string().optional(),
  INTENDANT_RUNTIME_PORT: port(7400),
  INTENDANT_RUNTIME_DATA_PORT: port(0),
  INTENDANT_CURATOR_PORT: port(7410),
  INTENDANT_CURATOR_HTTP_PORT: anyPort.optional(),
  INTENDANT_SMART_CITY_PORT: port(7420),
  INTENDANT_DATABASE_URL: z.string().refine(isPostgresUrl, 'must be a postgres:// URL').optional(),
  INTENDANT_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info'),
  /** More than one need a log that they can share. */
  INTENDANT_RUNTIME_REPLICAS: z
    .string()
    .regex(/^[1-9]$/, 'must be 1 to 9')
    .transform(Number)
    .default(1),
  /** 0 for whoever stops processes in a debugger. */
  INTENDANT_HANG_SECONDS: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number of seconds, 0 to 99999')
    .transform(Number)
    .default(60),
  INTENDANT_WAL: z.enum(['sqlite', 'redis', 'kafka'], { error: 'must be sqlite, redis or kafka' }).default('sqlite'),
  INTENDANT_LAB_JSON: z.enum(['0', '1'], { error: 'must be 0 or 1' }).default('0'),
});

/** Reads the launcher's part of the environment once; throws every problem in one ConfigurationRefusal. */
export function readConfiguration(env: NodeJS.ProcessEnv): LabConfiguration {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigurationRefusal(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  }
  const values = parsed.data;
  const ports: LabPorts = {
    runtime: values.INTENDANT_RUNTIME_PORT,
    runtimeData: values.INTENDANT_RUNTIME_DATA_PORT,
    curator: values.INTENDANT_CURATOR_PORT,
    curatorHttp: values.INTENDANT_CURATOR_HTTP_PORT ?? besideCurator(values.INTENDANT_CURATOR_PORT),
    smartCity: values.INTENDANT_SMART_CITY_PORT,
  };
  const problems = sharedPorts(ports);
  if (values.INTENDANT_RUNTIME_REPLICAS > 1 && values.INTENDANT_WAL === 'sqlite')
    problems.push('INTENDANT_RUNTIME_REPLICAS must be 1 with INTENDANT_WAL sqlite, which one process has to itself');
  if (problems.length > 0) throw new ConfigurationRefusal(problems);
  return {
    dataDir: dataDirectoryOf(given),
    ports,
    databaseUrl: values.INTENDANT_DATABASE_URL,
    runtimeReplicas: values.INTENDANT_RUNTIME_REPLICAS,
    hangMs: values.INTENDANT_HANG_SECONDS * 1_000,
    logLevel: values.INTENDANT_LOG_LEVEL,
    json: values.INTENDANT_LAB_JSON === '1',
  };
}

function sharedPorts(ports: LabPorts): string[] {
  const taken = new Map<number, string>();
  const problems: string[] = [];
  for (const [service, number] of Object.entries(ports) as [keyof LabPorts, number][]) {
    const other = taken.get(number);
    if (number !== 0 && other) problems.push(`${portVariables[service]} ${number} is the port of ${other} as well`);
    taken.set(number, portVariables[service]);
  }
  return problems;
}
