// A server with the S3 API, for the tests of the archive.
import { buildPrograms, missingPrograms, programOf } from '../go-programs.mjs';
import { mayInstall } from './install.mjs';

const SOURCES = { gofakes3: { module: 'github.com/johannesboyne/gofakes3/cmd/gofakes3', version: 'v1.2.0' } };

export const s3 = {
  /** Path of the program. */
  program: programOf('gofakes3', SOURCES.gofakes3),
  isInstalled: () => process.env.INTENDANT_TEST_S3_ENDPOINT !== undefined || missingPrograms(SOURCES).length === 0,
  install() {
    if (!mayInstall)
      throw new Error('gofakes3 is not installed (INTENDANT_TEST_INSTALL=1 installs it with Go, about a minute)');
    buildPrograms(SOURCES);
  },
};
