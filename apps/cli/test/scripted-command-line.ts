import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, problem, ScriptedServer } from '@intendant/client/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { intendant } from './command.js';

const claims = Buffer.from(JSON.stringify({ tenant: 't_showcase', sub: 'analyst' })).toString('base64url');
const token = `h.${claims}.s`;

export interface CommandLine {
  /** Of the running test. */
  readonly server: ScriptedServer;
  readonly dataDir: string;
  environment(): Readonly<Record<string, string>>;
  run(args: string[], more?: object, input?: string | Buffer): ReturnType<typeof intendant>;
  /** Answers by method and path; whatever else is asked is not found. */
  serve(answers: Record<string, Answer>): void;
  /** Method and path of every request so far. */
  asked(): string[];
}

/** The real command against a server that answers by a script, with a data directory of its own for each test. */
export function scriptedCommandLine(): CommandLine {
  let server: ScriptedServer;
  let dataDir: string;
  beforeAll(async () => {
    await intendant(['--help'], { INTENDANT_SKIP_BUILD: '0' });
    server = await new ScriptedServer().start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'intendant-cli-'));
    server.asked.length = 0;
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const environment = () => ({ INTENDANT_URL: server.url, INTENDANT_TOKEN: token, INTENDANT_DATA_DIR: dataDir });
  return {
    get server() {
      return server;
    },
    get dataDir() {
      return dataDir;
    },
    environment,
    run: (args, more = {}, input = '') => intendant(args, { ...environment(), ...more }, input),
    serve: (answers) =>
      server.script((response, asked) => {
        const answer = answers[`${asked.method} ${asked.path.split('?')[0]}`] ?? problem(404, 'not_found', 'never');
        answer(response, asked);
      }),
    asked: () => server.asked.map(({ method, path }) => `${method} ${path}`),
  };
}
