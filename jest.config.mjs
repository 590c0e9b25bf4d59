/** @type {import('jest').Config} */
const swc = (syntax) => ['@swc/jest', {
  swcrc: false, sourceMaps: 'inline',
  jsc: {
    parser: syntax === 'ts' ? { syntax: 'typescript', decorators: true } : { syntax: 'ecmascript' },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    target: 'es2022', keepClassNames: true,
  },
  // leave `module` unset: @swc/jest emits es6 for ESM files and commonjs for files that CJS code require()s
}];
// ESM-only packages that CommonJS packages require(); jest does require(esm) only on Node >= 24.9
const esmRequiredByCjs = ['content-disposition', 'cookie'].join('|');
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@intendant/source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': swc('ts'), [`/node_modules/(?:${esmRequiredByCjs})/.+\\.js$`]: swc('js') },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmRequiredByCjs})/)`],
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts', '!src/main.ts'],
  coverageReporters: ['text-summary', 'lcov'],
};
