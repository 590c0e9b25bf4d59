import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { javaProgram, kafkaHome } from './kafka-installation.js';

const READY_WITHIN_MS = 180_000;
const READY_CHECK_EVERY_MS = 50;
const STOP_WITHIN_MS = 3_000;

/** Collector and compiler that start fastest. */
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Arguments of `java` for a class of the broker's jars. */
export const javaArguments = (directory: string, mainClass: string, ...more: readonly string[]): string[] => [
  ...JVM,
  `-Dlog4j2.configurationFile=${join(directory, 'log4j2.properties')}`,
  '-cp',
  join(kafkaHome(), '*'),
  mainClass,
  ...more,
];

/** Where a broker's process runs. */
export interface NodePlace {
  /** What runs the broker's command, with its arguments, as `ip netns exec NAME`; nothing by default. */
  readonly command: readonly string[];
  readonly host: string;
  /** Port that the broker listens on, whichever it advertises. */
  readonly port: number;
}

/** A broker's process. */
export class KafkaNode {
  #process: ChildProcess | undefined;

  constructor(
    private readonly directory: string,
    private readonly name: string,
    private readonly place: NodePlace,
    /** Whether it goes on when this process ends. */
    private readonly detached = false,
  ) {}

  get port(): number {
    return this.place.port;
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  start(): void {
    const log = openSync(join(this.directory, `${this.name}.log`), 'a');
    const settings = join(this.directory, `${this.name}.properties`);
    const broker = [javaProgram(), ...javaArguments(this.directory, 'kafka.Kafka', settings)];
    const [program = '', ...args] = [...this.place.command, ...broker];
    this.#process = spawn(program, args, {
      stdio: ['ignore', log, log],
      detached: this.detached,
    });
    closeSync(log);
    if (this.detached) this.#process.unref();
    else process.once('exit', this.#killAtExit);
  }

  /** Resolves when the broker answers; rejects with its log when it ended or took too long. */
  async ready(): Promise<void> {
    const until = Date.now() + READY_WITHIN_MS;
    while (!(await answersApiVersions(this.place))) {
      if (this.#ended() || Date.now() > until) throw new Error(`${this.name} did not start:\n${this.#log()}`);
      await delay(READY_CHECK_EVERY_MS);
    }
  }

  /** Ends the process at once, as `kill -9` does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Starts the ended broker on its own files. */
  async restart(): Promise<void> {
    this.start();
    await this.ready();
  }

  /** Stops the process without ending it: connections stay open and nothing answers. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** The last of several nodes has no quorum left to say goodbye to and would wait for minutes; then it is killed. */
  async stop(graceMs = STOP_WITHIN_MS): Promise<void> {
    this.thaw();
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), graceMs);
    await this.#end('SIGTERM').finally(() => clearTimeout(timer));
  }

  readonly #killAtExit = (): void => void this.#process?.kill('SIGKILL');

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    process.off('exit', this.#killAtExit);
    if (child === undefined || this.#ended()) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  #ended(): boolean {
    return this.#process === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #log(): string {
    return readFileSync(join(this.directory, `${this.name}.log`), 'utf8').slice(-4_000);
  }
}

/** length, ApiVersions version 0, correlation id 1, client id "r". */
const API_VERSIONS_REQUEST = Buffer.from('0000000b0012000000000001000172', 'hex');

function answersApiVersions({ host, port }: NodePlace): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write(API_VERSIONS_REQUEST));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
