import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LabPorts } from './configuration.js';
import { prepareDataDirectory } from './data-directory.js';
import { ensureLabIssuer } from './identity/lab-issuer.js';
import { ensureCertificates } from './identity/service-certificates.js';
import { LauncherLock } from './launcher-lock.js';
import type { LogPrinter } from './logs/log-printer.js';
import { freePort, requireFreePorts, settlePorts } from './ports.js';
import { preparePostgres } from './postgres/start-postgres.js';
import type { HangPolicy } from './processes/hang-watch.js';
import { ProcessRegister, stopOrphans } from './processes/orphans.js';
import type { RestartPolicy } from './processes/restart-policy.js';
import { DRAIN_GRACE_MS, serviceProcess } from './processes/service-process.js';
import { type ProcessReports, ProcessStopped, SupervisedProcess } from './processes/supervised-process.js';
import { Refusal } from './refusals.js';
import { repositoryRoot } from './repository.js';
import { environmentOf } from './service-environment.js';
import { type Service, startOrder, stopOrder } from './services.js';

export interface ClusterPlan {
  dataDir: string;
  /** 0 stands for a free one. */
  ports: LabPorts;
  databaseUrl: string | undefined;
  services: readonly Service[];
  /** What the services inherit from. */
  env: NodeJS.ProcessEnv;
  restart: RestartPolicy;
  /** Undefined: services that hang are left alone. */
  hang: HangPolicy | undefined;
  everyDatabaseLine: boolean;
}

/** Everything one launcher runs: the data directory's lock, the database and the services, started and stopped in order. */
export class Cluster {
  readonly #register: ProcessRegister;
  readonly #services = new Map<string, SupervisedProcess>();
  #lock: LauncherLock | undefined;
  #database: SupervisedProcess | undefined;
  #databaseDirectory: string | undefined;
  #ports: LabPorts;
  readonly #replicaPorts = new Map<string, number>();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly plan: ClusterPlan,
    private readonly log: LogPrinter,
    /** A process, now or later, refused its configuration: the cluster cannot go on then. */
    private readonly onRefused: (cause: Refusal) => void,
  ) {
    this.#ports = plan.ports;
    this.#register = new ProcessRegister(plan.dataDir);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.runtime}`;
  }

  /** Where the database's files are, once it was started. */
  get databaseDirectory(): string | undefined {
    return this.#databaseDirectory;
  }

  get processes(): SupervisedProcess[] {
    return [...(this.#database ? [this.#database] : []), ...this.#services.values()];
  }

  /** Resolves when every process is ready. Rejects when something cannot start, or when `stop` is called first. */
  start(): Promise<void> {
    this.#starting = this.#startInOrder();
    return this.#starting;
  }

  async #startInOrder(): Promise<void> {
    const { plan } = this;
    this.#requireBuilt();
    prepareDataDirectory(plan.dataDir);
    this.#ports = await settlePorts(plan.ports);
    this.#lock = await LauncherLock.acquire(plan.dataDir, this.url);
    await this.#cleanUpAfterKilledLauncher();
    this.#requireNotStopping();
    await requireFreePorts(this.#ports);
    const [databaseUrl] = await Promise.all([
      plan.databaseUrl ?? this.#startDatabase(),
      ensureCertificates(
        plan.dataDir,
        plan.services.filter(({ actsAs }) => actsAs === undefined),
      ),
      ensureLabIssuer(plan.dataDir),
    ]);
    for (const stage of startOrder) {
      const services = plan.services.filter((service) => service.stage === stage);
      await Promise.all(services.map((service) => this.#startService(service, databaseUrl)));
    }
  }

  /** Stops everything in order and gives the data directory free. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  /** Ends every process at once; a `stop` under way then finishes soon. */
  kill(): void {
    for (const supervised of this.processes) supervised.kill();
  }

  async #stopInOrder(): Promise<void> {
    this.#lock?.markStopping();
    for (const stage of stopOrder) {
      const names = this.plan.services.filter((service) => service.stage === stage).map(({ name }) => name);
      await Promise.all(names.flatMap((name) => this.#services.get(name)?.stop() ?? []));
    }
    await this.#database?.stop();
    // A start under way starts nothing more, but may be amid making files: the lock is kept until it has ended.
    await this.#starting?.catch(() => undefined);
    if (this.#lock) {
      this.#register.clear();
      this.#lock.release();
    }
  }

  #requireBuilt(): void {
    const missing = this.plan.services
      .map(({ entry }) => resolve(repositoryRoot, entry))
      .filter((entry) => !existsSync(entry));
    if (missing.length > 0) throw new Refusal(`Not built: ${missing.join(', ')}\n  Run \`npm run build\`.`);
  }

  async #cleanUpAfterKilledLauncher(): Promise<void> {
    const { takenOverFrom } = this.#lock as LauncherLock;
    if (takenOverFrom !== undefined) {
      this.log.notice('lab', `the launcher before this one (pid ${takenOverFrom}) did not stop in order`, 'warn');
    }
    const stopped = await stopOrphans(this.plan.dataDir, DRAIN_GRACE_MS);
    if (stopped.length > 0) this.log.notice('lab', `stopped what it left running: ${stopped.join(', ')}`, 'warn');
  }

  async #startDatabase(): Promise<string> {
    const { dataDir, restart, everyDatabaseLine: everyLine } = this.plan;
    const avoidPorts = new Set(Object.values(this.#ports));
    // Not in the register: what a killed launcher leaves of the database is told by the database's own pid file.
    const reports = { ...this.#reportsOf('postgres'), started: () => undefined };
    const { server, url, directory } = await preparePostgres({ dataDir, avoidPorts, everyLine, restart, reports });
    this.#requireNotStopping();
    this.#database = server;
    this.#databaseDirectory = directory;
    server.start();
    await server.ready();
    return url;
  }

  async #startService(service: Service, databaseUrl: string): Promise<void> {
    this.#requireNotStopping();
    const { dataDir, env: userEnvironment, restart, hang } = this.plan;
    const runtimePort = await this.#portOf(service);
    const addresses = { dataDir, ports: this.#ports, databaseUrl, runtimePort };
    const env = environmentOf(service, addresses, userEnvironment);
    const entry = resolve(repositoryRoot, service.entry);
    const command = { name: service.name, entry, cwd: repositoryRoot, env, restart, hang };
    const supervised = new SupervisedProcess(serviceProcess(command), this.#reportsOf(service.name));
    this.#services.set(service.name, supervised);
    supervised.start();
    await supervised.ready();
  }

  /** Replicas of the Runtime take free ports, the first one excepted. */
  async #portOf({ name, stage, actsAs }: Service): Promise<number> {
    if (stage !== 'runtime' || actsAs === undefined) return this.#ports.runtime;
    const taken = new Set([...Object.values(this.#ports), ...this.#replicaPorts.values()]);
    const port = await freePort(undefined, taken);
    this.#replicaPorts.set(name, port);
    return port;
  }

  /** Where each replica of the Runtime listens, the first one first. */
  get runtimeUrls(): string[] {
    return [this.#ports.runtime, ...this.#replicaPorts.values()].map((port) => `http://127.0.0.1:${port}`);
  }

  #requireNotStopping(): void {
    if (this.#stopping) throw new ProcessStopped('stopped while starting');
  }

  #reportsOf(name: string): ProcessReports {
    return {
      output: (line) => this.log.output(name, line),
      notice: (text, level) => this.log.notice(name, text, level),
      started: (pid) => this.#register.started(name, pid),
      refused: this.onRefused,
    };
  }
}
