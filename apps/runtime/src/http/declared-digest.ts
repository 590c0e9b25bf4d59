import { FailureError, failure, Sha256 } from '@intendant/intent-model';

const QUERY = 'query sha256';
const HEADER = 'header content-digest';

/** A SHA-256 that the caller says the bytes have, and where. */
export interface DeclaredDigest {
  readonly sha256: string;
  readonly field: string;
}

/**
 * SHA-256 that the caller says the bytes have: `?sha256=`, `Content-Digest: sha-256=:…:`, or the same in both. Other
 * algorithms of the header are passed over, as RFC 9530 has it.
 */
export function declaredDigest(query: unknown, header: string | undefined): DeclaredDigest | undefined {
  const inQuery = query === undefined ? undefined : digest(typeof query === 'string' ? query.toLowerCase() : '', QUERY);
  const inHeader = header === undefined ? undefined : digestInHeader(header);
  if (inQuery === undefined || inHeader === undefined || inQuery.sha256 === inHeader.sha256) return inHeader ?? inQuery;
  throw new FailureError(failure('invalid_request', 'declares another digest than query sha256', { field: HEADER }));
}

const KEY = '[a-z*][a-z0-9_.*-]*';
const BYTES = ':[A-Za-z0-9+/]*={0,2}:';
const NUMBER = '[@]?-?\\d{1,15}(?:\\.\\d{1,3})?';
const STRING = '"(?:[ !#-[\\]-~]|\\\\["\\\\])*"';
const TOKEN = "[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*";
/** Parameters say nothing that is known here; they only have to be some. */
const PARAMETERS = `(?:; *${KEY}(?:=(?:${NUMBER}|${STRING}|${TOKEN}|${BYTES}|\\?[01]))?)*`;
const MEMBER = new RegExp(`[ \\t]*(${KEY})=(${BYTES})${PARAMETERS}[ \\t]*(,(?=.)|$)`, 'y');

/** The dictionary of byte sequences (RFC 9651) that the header has to be, by algorithm; null when it is none. */
function digestsIn(header: string): ReadonlyMap<string, string> | null {
  const digests = new Map<string, string>();
  MEMBER.lastIndex = 0;
  while (MEMBER.lastIndex < header.length) {
    const [whole, algorithm = '', bytes = ''] = MEMBER.exec(header) ?? [];
    if (whole === undefined) return null;
    // of an algorithm that is named twice the last counts
    digests.set(algorithm, bytes.slice(1, -1));
  }
  return digests;
}

function digestInHeader(header: string): DeclaredDigest | undefined {
  const digests = digestsIn(header.trim());
  if (digests === null)
    throw new FailureError(
      failure('invalid_request', 'not a dictionary of byte sequences, such as sha-256=:…: (RFC 9530)', {
        field: HEADER,
      }),
    );
  const base64 = digests.get('sha-256');
  return base64 === undefined ? undefined : digest(Buffer.from(base64, 'base64').toString('hex'), HEADER);
}

function digest(sha256: string, field: string): DeclaredDigest {
  if (Sha256.safeParse(sha256).success) return { sha256, field };
  throw new FailureError(failure('invalid_request', 'the declared digest is not a SHA-256', { field }));
}
