import { FailureError, failure } from '@intendant/intent-model';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';

/** Keys are asked for again after this time, so that a withdrawn one ends. */
const FRESH_MS = 10 * 60_000;
/** While nobody answers, this often. */
const AGAIN_MS = 30_000;
/** Keys count for this long while the issuer cannot be asked. */
const KEPT_MS = 60 * 60_000;

/** Of the token, which names no key of the issuer, or several; anything else is wrong with the issuer or on the way to it. */
const OF_THE_TOKEN: ReadonlySet<string | undefined> = new Set([
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
  errors.JOSENotSupported.code,
]);

/**
 * The published keys of an issuer. An issuer that is away for a short time goes unnoticed; whose keys nobody knows is
 * `issuer_unavailable`, since nothing is wrong with the token.
 */
export function publishedKeys(url: URL, nowMs: () => number): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: AGAIN_MS,
    timeoutDuration: 5_000,
  });
  let fetchedMs = Number.NEGATIVE_INFINITY;
  let askedMs = Number.NEGATIVE_INFINITY;
  const isKept = (): boolean => nowMs() - fetchedMs < KEPT_MS;
  const fetchKeys = async (): Promise<void> => {
    askedMs = nowMs();
    await keys.reload();
    fetchedMs = nowMs();
  };
  return async (header, token) => {
    try {
      const isDue = nowMs() - fetchedMs >= FRESH_MS && nowMs() - askedMs >= AGAIN_MS;
      if (!isKept()) await fetchKeys();
      else if (isDue) await fetchKeys().catch(() => undefined);
      return await keys(header, token);
    } catch (error) {
      if (OF_THE_TOKEN.has((error as { code?: string }).code)) throw error;
      throw new FailureError(failure('issuer_unavailable', 'the keys of the issuer cannot be had at the moment'));
    }
  };
}
