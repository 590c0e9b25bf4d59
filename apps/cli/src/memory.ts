import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Remembered {
  readonly sessionId?: string;
  readonly executionId?: string;
}

/** What earlier commands left for later ones: the session in use and the last execution, by server and user. */
export class Memory {
  constructor(
    readonly file: string,
    private readonly key: string,
  ) {}

  recall(): Remembered {
    return this.#all()[this.key] ?? {};
  }

  /** Adds to what is remembered; a member that is undefined is forgotten. */
  remember(more: Remembered): void {
    const all = this.#all();
    all[this.key] = { ...all[this.key], ...more };
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.${randomUUID()}.new`;
    writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.file);
  }

  #all(): Record<string, Remembered> {
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
