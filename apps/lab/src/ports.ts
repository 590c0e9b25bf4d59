import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { type LabPorts, portVariables } from './configuration.js';
import { ConfigurationRefusal } from './refusals.js';

const HOST = '127.0.0.1';

/** Below every system's range for outgoing connections, so that a port found free stays free until it is bound. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;

/** Why nothing can listen on the port now (`EADDRINUSE`, `EACCES` …), or undefined when something can. */
export function obstacleAt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => resolve(cause.code ?? cause.message));
    probe.listen({ port, host: HOST, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

/** A port nothing listens on; `preferred` if that is free. */
export async function freePort(preferred?: number, avoid: ReadonlySet<number> = new Set()): Promise<number> {
  if (preferred !== undefined && !avoid.has(preferred) && (await obstacleAt(preferred)) === undefined) return preferred;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const candidate = FIRST_PORT + randomInt(PORT_COUNT);
    if (!avoid.has(candidate) && (await obstacleAt(candidate)) === undefined) return candidate;
  }
  throw new Error(`no free port found on ${HOST} from ${FIRST_PORT} to ${FIRST_PORT + PORT_COUNT - 1}`);
}

/** Puts a free port in the place of every 0. */
export async function settlePorts(ports: LabPorts): Promise<LabPorts> {
  const settled = { ...ports };
  for (const service of Object.keys(ports) as (keyof LabPorts)[]) {
    if (settled[service] === 0) settled[service] = await freePort(undefined, new Set(Object.values(settled)));
  }
  return settled;
}

/** Throws one ConfigurationRefusal that names every port nothing can listen on, with the variable to change. */
export async function requireFreePorts(ports: LabPorts): Promise<void> {
  const problems: string[] = [];
  for (const [service, port] of Object.entries(ports) as [keyof LabPorts, number][]) {
    const obstacle = await obstacleAt(port);
    if (obstacle === undefined) continue;
    const reason = obstacle === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${obstacle})`;
    problems.push(`port ${port} ${reason}; set ${portVariables[service]} to another`);
  }
  if (problems.length > 0) throw new ConfigurationRefusal(problems);
}
