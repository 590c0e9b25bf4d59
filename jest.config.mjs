// Runs one workspace: node_modules/jest/bin/jest.js --config ../../jest.config.mjs --rootDir .

/** @param {'ts' | 'js'} syntax */
const swc = (syntax) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    // `module` stays unset: @swc/jest then emits ES modules for ESM files and CommonJS for what CommonJS code requires.
    jsc: {
      parser: syntax === 'ts' ? { syntax: 'typescript', decorators: true } : { syntax: 'ecmascript' },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
      target: 'es2022',
      keepClassNames: true,
    },
  },
];

// ESM-only packages that CommonJS packages require(); jest cannot require(esm) on Node 20.
const esmRequiredByCjs = ['content-disposition', 'cookie'].join('|');

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@intendant/source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  // Ends what hangs. How fast something is, a benchmark says; a busy machine must not fail a test: waits in vain end before.
  testTimeout: 240_000,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': swc('ts'), [`/node_modules/(?:${esmRequiredByCjs})/.+\\.js$`]: swc('js') },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmRequiredByCjs})/)`],
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts', '!src/main.ts'],
  coverageReporters: ['text-summary'],
};
