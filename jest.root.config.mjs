// Runs every workspace at once; tools/test.mjs uses it.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import workspace from './jest.config.mjs';

const { coverageProvider, coverageReporters, collectCoverageFrom: _own, testTimeout, ...project } = workspace;
const root = fileURLToPath(new URL('.', import.meta.url));

const workspaces = ['libs', 'apps', 'examples'].flatMap((folder) =>
  readdirSync(`${root}${folder}`)
    .map((name) => `${folder}/${name}`)
    .filter((path) => existsSync(`${root}${path}/package.json`)),
);

/** @type {import('jest').Config} */
export default {
  testTimeout,
  // What a spec file loaded stays in its worker, and each file that follows has its coverage looked through again.
  workerIdleMemoryLimit: '1GB',
  coverageProvider,
  coverageReporters,
  collectCoverageFrom: ['libs/*/src/**/*.ts', '!**/*.spec.ts', '!**/testing/**', '!**/migrations/**'],
  coverageThreshold: { global: { lines: 85 } },
  projects: workspaces.map((path) => ({ ...project, displayName: path, rootDir: `${root}${path}` })),
};
