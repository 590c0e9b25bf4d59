import pico from 'picocolors';
import { dataDirectoryOf } from './repository.js';

export interface Welcome {
  /** Of every replica of the Runtime, the first one first. */
  urls: readonly string[];
  dataDir: string;
  token: string;
  readyAfterMs: number;
}

/** For whom the first token is. */
export const firstUser = { tenantId: 't_showcase', userId: 'analyst', roles: ['analyst'] };

/** What a newcomer tries first; each line can be pasted as it is, after the token. */
const commandsToTry: readonly [command: string, effect: string][] = [
  ['npm run demo', 'see everything at work, on real files'],
  [
    `npx intendant submit solution.create_roadmap '{"goals":["Cut handling time"],"roadmapType":"strategic"}'`,
    'submit an intent and see what comes of it',
  ],
  ['npx intendant trace last', 'see why it was allowed, and everything that happened'],
];

/** The text that tells that everything runs, and what to do with it. */
export function welcomeLines(welcome: Welcome, coloured: boolean): string[] {
  const { bold, cyan, dim } = pico.createColors(coloured);
  const { tenantId, userId, roles } = firstUser;
  return [
    '',
    bold(`Intendant is ready after ${(welcome.readyAfterMs / 1000).toFixed(1)} s`),
    '',
    ...welcome.urls.map((url, index) => `  ${index === 0 ? 'URL ' : '    '}   ${cyan(url)}`),
    `  Data   ${welcome.dataDir}`,
    `  Token  for tenant ${tenantId}, user ${userId}, role ${roles.join(', ')}; valid for 12 h`,
    '',
    'Paste this into another terminal in this directory:',
    '',
    `export ${environmentOf(welcome)}`,
    '',
    'and try:',
    '',
    ...commandsToTry.flatMap(([command, effect]) => [`  ${dim(`# ${effect}`)}`, `  ${cyan(command)}`]),
    '',
    dim('Ctrl-C stops everything in order.'),
    '',
  ];
}

/** The data directory is named only where it is not the usual one. */
function environmentOf({ urls, token, dataDir }: Welcome): string {
  const usual = dataDir === dataDirectoryOf({});
  return `INTENDANT_URL=${urls[0]} INTENDANT_TOKEN=${token}${usual ? '' : ` INTENDANT_DATA_DIR=${quoted(dataDir)}`}`;
}

/** One word for the shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
