import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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
  ) {}

  get sessionId(): string | undefined {
    return this.#ofServer().sessions?.[this.user];
  }

  get lastExecutionId(): string | undefined {
    return this.#ofServer().lastExecutionId;
  }

  rememberSession(sessionId: string | undefined): void {
    const { sessions } = this.#ofServer();
    this.#write({ sessions: { ...sessions, [this.user]: sessionId } as Record<string, string> });
  }

  rememberExecution(executionId: string): void {
    this.#write({ lastExecutionId: executionId });
  }

  #write(more: Remembered): void {
    const all = { ...this.#all(), [this.url]: { ...this.#ofServer(), ...more } };
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.${randomUUID()}.new`;
    writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.file);
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

/** In the lab's data directory where there is one, else among the user's settings. */
export function memoryFileOf(dataDir: string, env: NodeJS.ProcessEnv): string {
  if (existsSync(dataDir)) return join(dataDir, 'cli.json');
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'intendant', 'cli.json');
}
