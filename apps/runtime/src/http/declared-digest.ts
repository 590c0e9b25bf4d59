import { FailureError, failure, Sha256 } from '@intendant/intent-model';

const HEADER = 'header content-digest';

/**
 * SHA-256 that the caller says the bytes have: `?sha256=`, `Content-Digest: sha-256=:…:`, or the same in both. Other
 * algorithms of the header are passed over, as RFC 9530 has it.
 */
export function declaredDigest(query: unknown, header: string | undefined): string | undefined {
  const inQuery =
    query === undefined ? undefined : digest(typeof query === 'string' ? query.toLowerCase() : '', 'query sha256');
  const inHeader = header === undefined ? undefined : digestInHeader(header);
  if (inQuery === undefined || inHeader === undefined || inQuery === inHeader) return inHeader ?? inQuery;
  throw new FailureError(failure('invalid_request', 'declares another digest than query sha256', { field: HEADER }));
}

/** Of an algorithm that is named twice the last counts, as in every dictionary of RFC 9651. */
function digestInHeader(header: string): string | undefined {
  const member = header
    .split(',')
    .map((one) => one.trim())
    .findLast((one) => /^sha-256(?![^=;\s])/i.test(one));
  if (member === undefined) return undefined;
  const base64 = /^sha-256=:([A-Za-z0-9+/]{43}=):$/i.exec(member)?.[1] ?? '';
  return digest(Buffer.from(base64, 'base64').toString('hex'), HEADER);
}

function digest(text: string, field: string): string {
  if (Sha256.safeParse(text).success) return text;
  throw new FailureError(failure('invalid_request', 'the declared digest is not a SHA-256', { field }));
}
