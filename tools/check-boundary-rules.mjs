// Proves that every boundary rule bites. Each rule has one fixture: a file that breaks it, laid into an empty copy of the
// workspace's folders; the cruiser must report that rule there, and a clean workspace must report nothing.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const LIBRARIES = config.forbidden.filter(({ name }) => name.startsWith('ring-')).map(({ name }) => name.slice(5));
const OUTERMOST = 'apps/runtime';

/** Rule → the files of a workspace that breaks it. */
const FIXTURES = {
  ...Object.fromEntries(
    LIBRARIES.map((library) => [
      `ring-${library}`,
      { [`libs/${library}/src/bad.ts`]: `import '../../../${OUTERMOST}/src/index.js';` },
    ]),
  ),
  'only-owner-imports-libsql': { 'apps/runtime/src/bad.ts': "import 'libsql';" },
  'only-owner-imports-ioredis': { 'apps/runtime/src/bad.ts': "import 'ioredis';" },
  'only-owner-imports-kafkajs': { 'apps/runtime/src/bad.ts': "import 'kafkajs';" },
  'only-owner-imports-aws4fetch': { 'apps/runtime/src/bad.ts': "import 'aws4fetch';" },
  'only-owner-imports-casbin': { 'apps/smart-city/src/bad.ts': "import 'casbin';" },
  'only-owner-imports-ajv': { 'apps/runtime/src/bad.ts': "import 'ajv';" },
  'only-owner-imports-typeorm': { 'apps/runtime/src/bad.ts': "import 'typeorm';" },
  'only-owner-imports-pg': { 'libs/nest-kit/src/bad.ts': "import 'pg';" },
  'only-owner-imports-nestjs': { 'libs/partition/src/bad.ts': "import '@nestjs/common';" },
  'no-circular': { 'libs/saga/src/a.ts': "import './b.js';", 'libs/saga/src/b.ts': "import './a.js';" },
  'pure-libs-do-no-io': { 'libs/execution/src/bad.ts': "import 'node:fs';" },
  'apps-not-apps': { 'apps/runtime/src/bad.ts': "import '../../curator/src/index.js';" },
  'examples-use-the-sdk': { 'examples/content/src/bad.ts': "import '../../../libs/wal/src/index.js';" },
  'nobody-imports-examples': { 'apps/runtime/src/bad.ts': "import '../../../examples/content/src/index.js';" },
  'no-deep-imports': { 'apps/runtime/src/bad.ts': "import '../../../libs/wal/src/index.js';" },
};

/** Names of the rules that a workspace of these files breaks. */
async function violations(files) {
  const scratch = mkdtempSync(join(tmpdir(), 'intendant-boundaries-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
    const stubs = [
      ...LIBRARIES.map((library) => `libs/${library}`),
      'apps/runtime',
      'apps/curator',
      'examples/content',
    ];
    const all = { ...Object.fromEntries(stubs.map((folder) => [`${folder}/src/index.ts`, 'export {};'])), ...files };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), `${text}\n`);
    }
    const options = { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true, baseDir: scratch };
    const { output } = await cruise(['libs', 'apps', 'examples'], options, config.options.enhancedResolveOptions);
    return new Set(output.summary.violations.map(({ rule }) => rule.name));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

let failed = 0;
const clean = await violations({});
if (clean.size > 0) {
  failed += 1;
  console.error(`a clean workspace breaks ${[...clean].join(', ')}`);
}
for (const { name } of config.forbidden) {
  const found = FIXTURES[name] === undefined ? new Set() : await violations(FIXTURES[name]);
  if (found.has(name)) continue;
  failed += 1;
  console.error(
    `${name}: ${FIXTURES[name] === undefined ? 'has no fixture' : `its fixture breaks ${[...found].join(', ') || 'nothing'}`}`,
  );
}
console.log(`${config.forbidden.length - failed} of ${config.forbidden.length} boundary rules bite`);
process.exitCode = failed === 0 ? 0 : 1;
