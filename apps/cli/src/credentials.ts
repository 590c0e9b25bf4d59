import { dataDirectoryOf, issueLabToken, Refusal } from '@intendant/lab';
import { UsageError } from './usage-error.js';

export interface Identity {
  readonly tenantId: string;
  readonly userId: string;
}

export interface Credentials {
  readonly token: string;
  /** Whom the token is for, as far as it can be read; nothing depends on it but what is remembered. */
  readonly identity: Identity | null;
  /** What to tell about a token that was made on the spot. */
  readonly notice: string | null;
}

export interface CredentialOptions {
  readonly token?: string;
  readonly as?: string;
  readonly dataDir?: string;
}

/** `--token`, `--as`, `INTENDANT_TOKEN`, in this order. */
export async function credentialsOf(options: CredentialOptions, env: NodeJS.ProcessEnv): Promise<Credentials> {
  const given = options.token ?? (options.as === undefined ? env.INTENDANT_TOKEN : undefined);
  if (given) return { token: given.trim(), identity: identityOf(given.trim()), notice: null };
  if (options.as === undefined)
    throw new UsageError('no token', 'set INTENDANT_TOKEN, or use --as tenant/user/role where `npm start` runs');
  const { tenantId, userId, roles } = parseAs(options.as);
  const token = await labToken({ dataDir: dataDirOf(options, env), tenantId, userId, roles });
  const notice = `acting as ${userId} of ${tenantId} (${roles.join(', ')}) with a token of the lab`;
  return { token, identity: { tenantId, userId }, notice };
}

export const dataDirOf = (options: { dataDir?: string }, env: NodeJS.ProcessEnv): string =>
  options.dataDir === undefined ? dataDirectoryOf(env) : dataDirectoryOf({ INTENDANT_DATA_DIR: options.dataDir });

/** A token of the lab's issuer; what stands in the way is told as a usage error. */
export async function labToken(request: Parameters<typeof issueLabToken>[0]): Promise<string> {
  try {
    return await issueLabToken(request);
  } catch (cause) {
    if (cause instanceof Refusal) throw new UsageError(cause.message);
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw cause;
    throw new UsageError(
      `no token: the key of the lab is readable only to the user who ran \`npm start\`: ${message}`,
      'run it as that user, set INTENDANT_TOKEN, or name your own lab with --data-dir',
    );
  }
}

function parseAs(text: string): Identity & { roles: string[] } {
  const parts = /^([^/]+)\/([^/]+)\/([^/]+)$/.exec(text);
  if (parts === null) throw new UsageError('--as must be tenant/user/role, or tenant/user/role,role');
  const [, tenantId, userId, roles] = parts as unknown as [string, string, string, string];
  return { tenantId, userId, roles: roles.split(',') };
}

/** The claims are read and not verified: verifying is the server's. */
function identityOf(token: string): Identity | null {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const { tenant, sub } = claims as Record<string, unknown>;
    return typeof tenant === 'string' && typeof sub === 'string' ? { tenantId: tenant, userId: sub } : null;
  } catch {
    return null;
  }
}
