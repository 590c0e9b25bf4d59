import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Cluster } from './cluster.js';
import type { LabPorts } from './configuration.js';
import { issueLabToken, type LabTokenRequest } from './identity/lab-issuer.js';
import { LogPrinter } from './logs/log-printer.js';
import { type RestartPolicy, usualRestartPolicy } from './processes/restart-policy.js';
import type { Refusal } from './refusals.js';
import { labServices, type Service } from './services.js';
import { firstUser } from './welcome.js';

export interface LabOptions {
  dataDir: string;
  /** Free ones unless told. */
  ports?: Partial<LabPorts>;
  /** A PostgreSQL to use; one is started in the data directory unless told. */
  databaseUrl?: string;
  /** `INTENDANT_*` settings for the services, on top of this process's environment. */
  env?: NodeJS.ProcessEnv;
  services?: readonly Service[];
  restart?: RestartPolicy;
  /** Every line the processes log, made readable. */
  onLine?: (line: string) => void;
}

export interface Lab {
  url: string;
  /** Of every replica of the Runtime, the first one first. */
  runtimeUrls: readonly string[];
  dataDir: string;
  /** A token of the lab's issuer; for the showcase's analyst unless told. */
  token(request?: Partial<Omit<LabTokenRequest, 'dataDir'>>): Promise<string>;
  /** What runs now, in the order it was started. */
  readonly processes: readonly { name: string; pid: number | undefined }[];
  /**
   * Waits until a later process than `sincePid` (the one running now unless told) is ready under this name, and tells
   * its pid. Call it, or take the pid, before ending the process.
   */
  restartOf(name: string, sincePid?: number): Promise<number>;
  stop(): Promise<void>;
  /** Stops and deletes the data directory, and the database's files if those are elsewhere. */
  destroy(): Promise<void>;
}

/** Runs the whole lab inside the calling process, for tests and benchmarks. Free ports, no output, until `stop`. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const dataDir = resolve(options.dataDir);
  const services = options.services ?? labServices;
  const sink = { line: options.onLine ?? (() => undefined), coloured: false };
  const log = new LogPrinter(sink, ['lab', 'postgres', ...services.map(({ name }) => name)]);
  const noRefusal = (_cause: Refusal): void => undefined; // while starting, `start` rejects with it
  const plan = {
    dataDir,
    services,
    ports: { runtime: 0, runtimeData: 0, curator: 0, curatorHttp: 0, smartCity: 0, ...options.ports },
    databaseUrl: options.databaseUrl,
    env: { ...process.env, ...options.env },
    restart: options.restart ?? usualRestartPolicy,
    // tests stop processes to see what the others make of it
    hang: undefined,
    everyDatabaseLine: false,
  };
  const cluster = new Cluster(plan, log, noRefusal);
  try {
    await cluster.start();
  } catch (cause) {
    await cluster.stop();
    throw cause;
  }
  return labOf(cluster, dataDir);
}

function labOf(cluster: Cluster, dataDir: string): Lab {
  return {
    url: cluster.url,
    runtimeUrls: cluster.runtimeUrls,
    dataDir,
    token: (request) => issueLabToken({ ...firstUser, ...request, dataDir }),
    get processes() {
      return cluster.processes.map(({ name, pid }) => ({ name, pid }));
    },
    restartOf: async (name, sincePid) => {
      const found = cluster.processes.find((candidate) => candidate.name === name);
      if (!found) throw new Error(`the lab runs no process named ${name}`);
      return found.ready(sincePid ?? found.pid);
    },
    stop: () => cluster.stop(),
    destroy: async () => {
      await cluster.stop();
      for (const directory of [cluster.databaseDirectory, dataDir]) {
        if (directory) rmSync(directory, { recursive: true, force: true });
      }
    },
  };
}
