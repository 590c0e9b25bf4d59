import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

interface Remembered {
  /** Session in use, by user. */
  readonly sessions?: Readonly<Record<string, string>>;
  readonly lastExecutionId?: string;
}

/** What earlier commands left for later ones, by server: the session every user has in use, and the last execution. */
export class Memory {
  constructor(
    readonly file: string,
    private readonly url: string,
    private readonly user: string,
    private readonly note: (text: string) => void,
  ) {}

  get sessionId(): string | undefined {
    return this.#ofServer().sessions?.[this.user];
  }

  get lastExecutionId(): string | undefined {
    return this.#ofServer().lastExecutionId;
  }

  /** Whether it could be kept. */
  rememberSession(sessionId: string | undefined): boolean {
    const { sessions } = this.#ofServer();
    return this.#write({ sessions: { ...sessions, [this.user]: sessionId } as Record<string, string> });
  }

  rememberExecution(executionId: string): void {
    this.#write({ lastExecutionId: executionId });
  }

  /** What is to be remembered is done already: that it cannot be kept is told, and no failure of the command. */
  #write(more: Remembered): boolean {
    const all = { ...this.#all(), [this.url]: { ...this.#ofServer(), ...more } };
    const draft = `${this.file}.${randomUUID()}.new`;
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
      renameSync(draft, this.file);
      return true;
    } catch (cause) {
      this.note(`not remembered for further commands: ${(cause as Error).message}`);
      return false;
    }
  }

  #ofServer(): Remembered {
    return this.#all()[this.url] ?? {};
  }

  #all(): Readonly<Record<string, Remembered>> {
    try {
      return JSON.parse(readFileSync(this.file, 'utf8')) as Record<string, Remembered>;
    } catch {
      return {};
    }
  }
}

/** In the lab's data directory where there is one that this user may write, else among the user's settings. */
export function memoryFileOf(dataDir: string, env: NodeJS.ProcessEnv): string {
  try {
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    return join(dataDir, 'cli.json');
  } catch {
    return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'intendant', 'cli.json');
  }
}
