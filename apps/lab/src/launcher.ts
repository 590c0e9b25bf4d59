import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from './cluster.js';
import { type LabConfiguration, readConfiguration } from './configuration.js';
import { issueLabToken } from './identity/lab-issuer.js';
import { LogPrinter } from './logs/log-printer.js';
import { Terminal } from './logs/terminal.js';
import { hangPolicyOf } from './processes/hang-watch.js';
import { usualRestartPolicy } from './processes/restart-policy.js';
import { Refusal } from './refusals.js';
import { labServices, runtimeReplicas, type Service } from './services.js';
import { type StopRequests, stopRequests } from './stop-requests.js';
import { firstUser, welcomeLines } from './welcome.js';

/** Shells report 128 + the signal's number for a program that a signal ended. */
const EXIT_FORCED = 130;
const FORCED_STOP_MS = 2_000;

/** What `npm start` does; resolves with the exit code when everything has stopped. */
export async function runLauncher(env: NodeJS.ProcessEnv, services: readonly Service[] = labServices): Promise<number> {
  const requests = stopRequests(env);
  const failures = new Terminal(process.stderr, env);
  try {
    const configuration = readConfiguration(env);
    const launch = new Launch(configuration, withReplicas(services, configuration.runtimeReplicas), env, requests);
    return await launch.run();
  } catch (cause) {
    failures.line(cause instanceof Refusal ? cause.message : String((cause as Error).stack ?? cause));
    return cause instanceof Refusal ? cause.exitCode : 1;
  }
}

class Launch {
  readonly #out: Terminal;
  readonly #log: LogPrinter;
  readonly #cluster: Cluster;
  readonly #refused: Promise<never>;

  constructor(
    private readonly configuration: LabConfiguration,
    services: readonly Service[],
    env: NodeJS.ProcessEnv,
    private readonly requests: StopRequests,
  ) {
    this.#out = new Terminal(process.stdout, env);
    // With INTENDANT_LAB_JSON standard output carries the one line of JSON and nothing else.
    const logSink = configuration.json ? new Terminal(process.stderr, env) : this.#out;
    this.#log = new LogPrinter(logSink, ['lab', 'postgres', ...services.map(({ name }) => name)]);
    let refuse: (cause: Refusal) => void = () => undefined;
    this.#refused = new Promise((_resolve, reject) => {
      refuse = reject;
    });
    this.#refused.catch(() => undefined); // waited for only while the lab runs
    const { dataDir, ports, databaseUrl, hangMs, logLevel } = configuration;
    const everyDatabaseLine = logLevel === 'debug' || logLevel === 'trace';
    const policies = { restart: usualRestartPolicy, hang: hangPolicyOf(hangMs) };
    const plan = { dataDir, ports, databaseUrl, services, env, ...policies, everyDatabaseLine };
    this.#cluster = new Cluster(plan, this.#log, (cause) => refuse(cause));
  }

  /** Starts, welcomes and waits for the end; whatever that is, everything is stopped in order. */
  async run(): Promise<number> {
    try {
      const started = await Promise.race([
        this.#cluster.start().then(() => true),
        this.#stopRequested(),
        this.#refused,
      ]);
      if (started) {
        await this.#welcome();
        await Promise.race([this.#stopRequested(), this.#refused]);
      }
    } catch (cause) {
      await this.#stop('stopping what was started');
      throw cause;
    }
    return this.#stop('stopping; press Ctrl-C again to stop at once');
  }

  async #stopRequested(): Promise<false> {
    await this.requests.first;
    return false;
  }

  async #welcome(): Promise<void> {
    const readyAfterMs = performance.now(); // since the process began, so that a build before counts
    const { dataDir, json } = this.configuration;
    const { url, runtimeUrls } = this.#cluster;
    const token = await issueLabToken({ dataDir, ...firstUser });
    const lines = json
      ? [JSON.stringify({ url, urls: runtimeUrls, token, pid: process.pid, dataDir })]
      : welcomeLines({ urls: runtimeUrls, dataDir, token, readyAfterMs }, this.#out.coloured);
    for (const line of lines) this.#out.line(line);
  }

  async #stop(announcement: string): Promise<number> {
    const somethingRuns = this.#cluster.processes.length > 0;
    if (somethingRuns) this.#log.notice('lab', announcement);
    const forced = this.requests.second.then((): true => true);
    const inTime = await Promise.race([this.#cluster.stop().then((): false => false), forced]);
    if (!inTime) {
      if (somethingRuns) this.#log.notice('lab', 'stopped');
      return 0;
    }
    this.#log.notice('lab', 'stopping at once', 'warn');
    this.#cluster.kill();
    await Promise.race([this.#cluster.stop(), delay(FORCED_STOP_MS)]);
    return EXIT_FORCED;
  }
}

const withReplicas = (services: readonly Service[], replicas: number): readonly Service[] =>
  services.flatMap((service) => (service.name === 'runtime' ? [service, ...runtimeReplicas(replicas)] : [service]));
