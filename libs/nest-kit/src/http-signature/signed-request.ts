import type { RequestKey } from '@intendant/intent-model';
import { contentDigestMatches, contentDigestOf } from './content-digest.js';
import type { NonceMemory } from './nonce-memory.js';
import { type RequestKeys, secretOf } from './request-key.js';
import { hmacMatches, hmacOf, type MessageParts, signatureBase } from './signature-base.js';

/** Seconds for which a request may be used. */
export const REQUEST_WINDOW_S = 30;

/** Seconds that the clocks of the two ends may differ when the receiver's is behind. */
const SKEW_S = 5;

/** What every request covers, in this order; a signature over anything else is refused. */
const REQUEST_COMPONENTS = ['"@method"', '"@authority"', '"@path"', '"content-type"', '"content-digest"'];

const INPUT = new RegExp(
  `^sig=\\(${REQUEST_COMPONENTS.join(' ')}\\)(;created=(\\d{1,12});expires=(\\d{1,12});nonce="([A-Za-z0-9_-]{16,64})";keyid="([A-Za-z0-9_-]{1,64})";alg="hmac-sha256")$`,
);
const SIGNATURE = /^sig=:([A-Za-z0-9+/]{43}=):$/;

/** A request before it is signed; the path has no query. */
export interface RequestToSign {
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** The fields that sign a request (RFC 9421) over the digest of its body (RFC 9530). */
export function signRequest(
  request: RequestToSign,
  key: RequestKey,
  nowMs: number,
  nonce: string,
): Record<'content-type' | 'content-digest' | 'signature-input' | 'signature', string> {
  const created = Math.floor(nowMs / 1_000);
  const params = `;created=${created};expires=${created + REQUEST_WINDOW_S};nonce="${nonce}";keyid="${key.keyId}";alg="hmac-sha256"`;
  const fields = { 'content-type': request.contentType, 'content-digest': contentDigestOf(request.body) };
  const base = signatureBase(REQUEST_COMPONENTS, params, { ...request, fields }) as string;
  return {
    ...fields,
    'signature-input': `sig=(${REQUEST_COMPONENTS.join(' ')})${params}`,
    signature: `sig=:${hmacOf(base, secretOf(key)).toString('base64')}:`,
  };
}

export type RequestRefusal =
  | 'unsigned'
  | 'key_unknown'
  | 'expired'
  | 'digest_differs'
  | 'signature_differs'
  | 'replayed'
  | 'too_many';

/** The key that a request is signed with, or why it is not to be believed. A request passes once. */
export function verifyRequest(
  request: MessageParts,
  body: Uint8Array,
  known: { readonly keys: RequestKeys; readonly nonces: NonceMemory; readonly nowMs: number },
): { readonly key: RequestKey } | { readonly refusal: RequestRefusal } {
  const [, params, created, expires, nonce, keyId] = INPUT.exec(request.fields['signature-input'] ?? '') ?? [];
  const signature = SIGNATURE.exec(request.fields.signature ?? '')?.[1];
  if (params === undefined || nonce === undefined || signature === undefined) return { refusal: 'unsigned' };
  const key = known.keys.find(keyId as string);
  if (key === undefined) return { refusal: 'key_unknown' };
  const now = known.nowMs / 1_000;
  const [from, to] = [Number(created), Number(expires)];
  if (now < from - SKEW_S || now > to || to - from > REQUEST_WINDOW_S) return { refusal: 'expired' };
  const base = signatureBase(REQUEST_COMPONENTS, params, request);
  if (base === null || !hmacMatches(base, secretOf(key), Buffer.from(signature, 'base64')))
    return { refusal: 'signature_differs' };
  if (!contentDigestMatches(request.fields['content-digest'] as string, body)) return { refusal: 'digest_differs' };
  const seen = known.nonces.use(`${key.keyId} ${nonce}`, to * 1_000, known.nowMs);
  return seen === 'new' ? { key } : { refusal: seen };
}
