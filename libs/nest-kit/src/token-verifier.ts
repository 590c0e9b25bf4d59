import { readFile } from 'node:fs/promises';
import { FailureError, Principal } from '@intendant/intent-model';
import { AgeOrderedMap, err, ok, type Result } from '@intendant/kernel';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { publishedKeys } from './issuer-keys.js';

/** Signature algorithms that may be allowed: asymmetric only, so a public key can never be used to sign. */
const Algorithm = z.enum(['EdDSA', 'ES256', 'ES384', 'PS256', 'PS384', 'RS256', 'RS384']);

export const IssuerConfig = z
  .strictObject({
    issuer: z.string().min(1),
    audience: z.string().min(1),
    jwksFile: z.string().min(1).optional(),
    jwksUri: z.url().optional(),
    algorithms: z.array(Algorithm).min(1),
    /** Claim names, for issuers that cannot use ours. */
    claims: z
      .strictObject({
        tenant: z.string().default('tenant'),
        roles: z.string().default('roles'),
        mode: z.string().default('mode'),
      })
      .prefault({}),
  })
  .refine((issuer) => (issuer.jwksFile === undefined) !== (issuer.jwksUri === undefined), {
    error: 'needs jwksFile or jwksUri',
    // said beside what else is wrong, not after that is mended
    when: ({ value }) => typeof value === 'object' && value !== null,
  });
export type IssuerConfig = z.infer<typeof IssuerConfig>;

/** A verified token is remembered at most this long, and never past its expiry. */
const REMEMBER_MS = 60_000;
const REMEMBERED_MAX = 10_000;
const TOKEN_CHARS_MAX = 8_192;

interface Remembered {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** Verifies bearer tokens of the configured issuers (RFC 8725: fixed algorithms, issuer, audience, expiry, type). */
export class TokenVerifier {
  readonly #keys = new Map<string, { config: IssuerConfig; key: JWTVerifyGetKey }>();
  readonly #remembered = new AgeOrderedMap<Remembered>();

  private constructor(private readonly nowMs: () => number) {}

  static async create(issuers: readonly IssuerConfig[], nowMs: () => number): Promise<TokenVerifier> {
    const verifier = new TokenVerifier(nowMs);
    for (const config of issuers) {
      const key =
        config.jwksFile === undefined
          ? publishedKeys(new URL(config.jwksUri as string), nowMs)
          : createLocalJWKSet(JSON.parse(await readFile(config.jwksFile, 'utf8')) as JSONWebKeySet);
      verifier.#keys.set(config.issuer, { config, key });
    }
    return verifier;
  }

  /** The principal a token names if it was verified a moment ago; undefined means: verify it. */
  recall(token: string): Principal | undefined {
    const known = this.#remembered.get(token);
    return known !== undefined && known.untilMs > this.nowMs() ? known.principal : undefined;
  }

  /** The principal, or why the token is refused (safe to show). Throws `issuer_unavailable` when it cannot be judged. */
  async verify(token: string): Promise<Result<Principal, string>> {
    const known = this.recall(token);
    if (known !== undefined) return ok(known);
    if (token.length > TOKEN_CHARS_MAX) return err('the token is too long');
    try {
      const issuer = this.#keys.get(String(decodeJwt(token).iss));
      if (issuer === undefined) return err('the issuer is not known here');
      const { payload } = await jwtVerify(token, issuer.key, {
        algorithms: [...issuer.config.algorithms],
        issuer: issuer.config.issuer,
        audience: issuer.config.audience,
        typ: 'at+jwt',
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(this.nowMs()),
      });
      const { tenant, roles, mode } = issuer.config.claims;
      const principal = Principal.safeParse({
        tenantId: payload[tenant],
        userId: payload.sub,
        roles: payload[roles] ?? [],
        mode: payload[mode] ?? 'standard',
      });
      if (!principal.success) {
        const claims = { tenantId: tenant, userId: 'sub', roles, mode };
        const [member, ...within] = principal.error.issues[0]?.path ?? [];
        return err(`claim ${[claims[member as keyof typeof claims], ...within].join('.')} is missing or malformed`);
      }
      Object.freeze(principal.data.roles);
      this.#remember(token, Object.freeze(principal.data), (payload.exp as number) * 1_000);
      return ok(principal.data);
    } catch (error) {
      if (error instanceof FailureError) throw error;
      return err(reasonOf(error));
    }
  }

  #remember(token: string, principal: Principal, expiresMs: number): void {
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.delete(this.#remembered.oldestKey as string);
    const untilMs = Math.min(this.nowMs() + REMEMBER_MS, expiresMs);
    this.#remembered.set(token, { principal, untilMs });
  }
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === 'ERR_JWT_EXPIRED') return 'the token has expired';
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED')
    return `claim ${(error as { claim?: string }).claim ?? ''} is not acceptable`;
  if (code === 'ERR_JOSE_ALG_NOT_ALLOWED') return 'the signature algorithm is not allowed';
  return 'the token cannot be verified';
}
