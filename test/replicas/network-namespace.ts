import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const run = (...command: readonly string[]): void => {
  const [program = '', ...args] = command;
  execFileSync(program, args, { stdio: 'pipe' });
};

/** A network of its own, with wires to this one that can be cut: then nothing passes, and nobody is told. */
export class NetworkNamespace {
  readonly #name = `int${randomBytes(3).toString('hex')}`;
  /** Second part of 10.x.y.z, so that two of these do not meet. */
  readonly #net = 100 + (randomBytes(1)[0] as number) / 2;
  readonly #wires: string[] = [];

  constructor() {
    this.#net = Math.floor(this.#net);
    run('ip', 'netns', 'add', this.#name);
    run('ip', '-n', this.#name, 'link', 'set', 'lo', 'up');
  }

  /** Lays one more wire; the address at which the namespace is reached over it. */
  wire(): string {
    const n = this.#wires.length;
    const [outside, inside] = [`${this.#name}${n}o`, `${this.#name}${n}i`];
    const address = (end: 1 | 2): string => `10.${this.#net}.${n}.${end}`;
    run('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', inside);
    run('ip', 'link', 'set', inside, 'netns', this.#name);
    run('ip', 'addr', 'add', `${address(1)}/30`, 'dev', outside);
    run('ip', 'link', 'set', outside, 'up');
    run('ip', '-n', this.#name, 'addr', 'add', `${address(2)}/30`, 'dev', inside);
    run('ip', '-n', this.#name, 'link', 'set', inside, 'up');
    this.#wires.push(outside);
    return address(2);
  }

  cut(wire: number): void {
    run('ip', 'link', 'set', this.#wires[wire] as string, 'down');
  }

  mend(wire: number): void {
    run('ip', 'link', 'set', this.#wires[wire] as string, 'up');
  }

  /** From now on so many of a hundred packets that arrive are lost, at random, on every wire; 0 for none. */
  lose(percent: number): void {
    const inside = [...this.command, 'iptables'];
    run(...inside, '-F', 'INPUT');
    if (percent === 0) return;
    const random = ['-m', 'statistic', '--mode', 'random', '--probability', String(percent / 100)];
    run(...inside, '-A', 'INPUT', ...random, '-j', 'DROP');
  }

  /** Packets lost since {@link lose} was called last. */
  get lostCount(): number {
    const listed = execFileSync('ip', [...this.command.slice(1), 'iptables', '-L', 'INPUT', '-v', '-n', '-x']);
    return Number(/^\s*(\d+)\s+\d+\s+DROP/m.exec(listed.toString())?.[1] ?? 0);
  }

  /** What runs a command in it. */
  get command(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  spawn(command: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn('ip', [...this.command.slice(1), ...command], options);
  }

  /** Its processes must have ended. */
  remove(): void {
    for (const wire of this.#wires) run('ip', 'link', 'del', wire);
    run('ip', 'netns', 'del', this.#name);
  }

  /** Why there can be none on this machine, or null. */
  static missing(): string | null {
    try {
      run('iptables', '--version');
      new NetworkNamespace().remove();
      return null;
    } catch (error) {
      return (error as Error).message.split('\n')[0] ?? 'ip netns does not work';
    }
  }
}
