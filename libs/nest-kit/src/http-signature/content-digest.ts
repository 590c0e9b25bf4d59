import { createHash, timingSafeEqual } from 'node:crypto';

/** `Content-Digest` (RFC 9530) of a body: SHA-256 only. */
export const contentDigestOf = (bytes: Uint8Array): string =>
  `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;

/** True when the field is exactly our digest of these bytes; other algorithms and lists are not read. */
export function contentDigestMatches(field: string, bytes: Uint8Array): boolean {
  const given = Buffer.from(field);
  const own = Buffer.from(contentDigestOf(bytes));
  return given.length === own.length && timingSafeEqual(given, own);
}
