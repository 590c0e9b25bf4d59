import pico from 'picocolors';

export interface Welcome {
  url: string;
  dataDir: string;
  token: string;
  readyAfterMs: number;
}

/** For whom the first token is. */
export const firstUser = { tenantId: 't_showcase', userId: 'analyst', roles: ['analyst'] };

/** What a newcomer tries first; each line can be pasted as it is, after the token. */
const commandsToTry: readonly [command: string, effect: string][] = [
  ['npx intendant session open', 'open a session'],
  ["npx intendant submit content.parse_content '{}'", 'submit an intent and see what comes of it'],
  ['npx intendant list', 'see every execution, and why it was allowed'],
];

/** The text that tells that everything runs, and what to do with it. */
export function welcomeLines(welcome: Welcome, coloured: boolean): string[] {
  const { bold, cyan, dim } = pico.createColors(coloured);
  const width = Math.max(...commandsToTry.map(([command]) => command.length));
  const { tenantId, userId, roles } = firstUser;
  return [
    '',
    bold(`Intendant is ready after ${(welcome.readyAfterMs / 1000).toFixed(1)} s`),
    '',
    `  URL    ${cyan(welcome.url)}`,
    `  Data   ${welcome.dataDir}`,
    `  Token  for tenant ${tenantId}, user ${userId}, role ${roles.join(', ')}; valid for 12 h`,
    '',
    'Paste this into another terminal in this directory:',
    '',
    `export INTENDANT_URL=${welcome.url} INTENDANT_TOKEN=${welcome.token}`,
    '',
    'and try:',
    '',
    ...commandsToTry.map(([command, effect]) => `  ${cyan(command.padEnd(width))}  ${dim(`# ${effect}`)}`),
    '',
    dim('Ctrl-C stops everything in order.'),
    '',
  ];
}
