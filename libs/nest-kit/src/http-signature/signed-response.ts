import type { RequestKey } from '@intendant/intent-model';
import { contentDigestMatches, contentDigestOf } from './content-digest.js';
import { secretOf } from './request-key.js';
import { hmacMatches, hmacOf, signatureBase } from './signature-base.js';

/** An answer covers the signature of the request it answers, so that it answers no other. */
const RESPONSE_COMPONENTS = ['"@status"', '"content-type"', '"content-digest"', '"signature";req'];

const INPUT = new RegExp(
  `^sig=\\(${RESPONSE_COMPONENTS.join(' ')}\\)(;created=\\d{1,12};keyid="([A-Za-z0-9_-]{1,64})";alg="hmac-sha256")$`,
);
const SIGNATURE = /^sig=:([A-Za-z0-9+/]{43}=):$/;

interface SignedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The `Signature` field of the request. */
  readonly requestSignature: string;
}

const partsOf = (answer: SignedAnswer, contentDigest: string) => ({
  status: answer.status,
  fields: { 'content-type': answer.contentType, 'content-digest': contentDigest },
  request: { fields: { signature: answer.requestSignature } },
});

/** The fields that sign an answer. */
export function signResponse(answer: SignedAnswer, key: RequestKey, nowMs: number): Record<string, string> {
  const params = `;created=${Math.floor(nowMs / 1_000)};keyid="${key.keyId}";alg="hmac-sha256"`;
  const contentDigest = contentDigestOf(answer.body);
  const base = signatureBase(RESPONSE_COMPONENTS, params, partsOf(answer, contentDigest)) as string;
  return {
    'content-type': answer.contentType,
    'content-digest': contentDigest,
    'signature-input': `sig=(${RESPONSE_COMPONENTS.join(' ')})${params}`,
    signature: `sig=:${hmacOf(base, secretOf(key)).toString('base64')}:`,
  };
}

/** True when the holder of `key` gave this answer to that very request. */
export function verifyResponse(
  answer: SignedAnswer & { readonly fields: Readonly<Record<string, string | undefined>> },
  key: RequestKey,
): boolean {
  const [, params, keyId] = INPUT.exec(answer.fields['signature-input'] ?? '') ?? [];
  const signature = SIGNATURE.exec(answer.fields.signature ?? '')?.[1];
  const contentDigest = answer.fields['content-digest'];
  if (params === undefined || signature === undefined || contentDigest === undefined || keyId !== key.keyId)
    return false;
  const base = signatureBase(RESPONSE_COMPONENTS, params, partsOf(answer, contentDigest));
  return (
    base !== null &&
    hmacMatches(base, secretOf(key), Buffer.from(signature, 'base64')) &&
    contentDigestMatches(contentDigest, answer.body)
  );
}
