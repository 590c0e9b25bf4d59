import { Command } from 'commander';
import { labToken } from '../credentials.js';
import { seconds } from '../duration.js';
import type { Runner } from '../runner.js';
import { UsageError } from '../usage-error.js';

interface TokenOptions {
  tenant: string;
  user: string;
  role?: string[];
  mode?: string;
  ttl?: number;
}

export const tokenCommand = (runner: Runner): Command =>
  new Command('token')
    .description('make a token of the lab’s issuer and print it, bare')
    .requiredOption('--tenant <tenant>', 'tenant the token is for')
    .requiredOption('--user <user>', 'user the token is for')
    .option('--role <role>', 'role of the user; may be repeated', (role: string, roles: string[] | undefined) => [
      ...(roles ?? []),
      role,
    ])
    .option('--mode <mode>', 'execution mode the token allows')
    .option('--ttl <duration>', 'how long it is valid: 90s, 15m, 12h, 7d', seconds)
    .action(
      runner(async (run, _args, { tenant, user, role = [], mode, ttl }: TokenOptions) => {
        if (role.length === 0) throw new UsageError('a token needs at least one --role');
        const request = { dataDir: run.dataDir, tenantId: tenant, userId: user, roles: role, mode, ttlSeconds: ttl };
        run.terminal.line(await labToken(request));
      }),
    );
