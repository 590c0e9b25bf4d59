// What needs the real processes: test/**/*.e2e.ts, two files at a time.
import { fileURLToPath } from 'node:url';
import workspace from './jest.config.mjs';

const { collectCoverageFrom: _own, coverageProvider: _provider, coverageReporters: _reporters, ...project } = workspace;

/** @type {import('jest').Config} */
export default {
  ...project,
  rootDir: fileURLToPath(new URL('.', import.meta.url)),
  testMatch: ['<rootDir>/test/**/*.e2e.ts'],
  // Several waits of a test may each take as long as one may.
  testTimeout: 600_000,
};
