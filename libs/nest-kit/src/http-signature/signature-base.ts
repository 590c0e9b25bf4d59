import { createHmac, timingSafeEqual } from 'node:crypto';

/** What can be covered: derived components and fields by their lower-case name, of this message or (`req`) of its request. */
export interface MessageParts {
  readonly method?: string;
  readonly authority?: string;
  readonly path?: string;
  readonly status?: number;
  readonly fields: Readonly<Record<string, string>>;
  /** The request, when this is a response that covers parts of it. */
  readonly request?: MessageParts;
}

/** One covered component as it is written in `Signature-Input`: `"@method"`, `"content-type"`, `"signature";req`. */
const COMPONENT = /^"(@?[a-z0-9-]+)"(;req)?$/;

/** The signature base (RFC 9421, 2.5) over these components; null when one of them is not in the message. */
export function signatureBase(components: readonly string[], params: string, message: MessageParts): string | null {
  const lines: string[] = [];
  for (const component of components) {
    const [, name, ofRequest] = COMPONENT.exec(component) ?? [];
    const source = ofRequest === undefined ? message : message.request;
    const value = name === undefined || source === undefined ? undefined : partOf(name, source);
    if (value === undefined) return null;
    lines.push(`${component}: ${value}`);
  }
  return [...lines, `"@signature-params": (${components.join(' ')})${params}`].join('\n');
}

function partOf(name: string, message: MessageParts): string | undefined {
  if (name === '@method') return message.method;
  if (name === '@authority') return message.authority?.toLowerCase();
  if (name === '@path') return message.path;
  if (name === '@status') return message.status?.toString();
  return name.startsWith('@') ? undefined : message.fields[name]?.trim();
}

/** `hmac-sha256` of RFC 9421, 3.3.3. */
export const hmacOf = (base: string, secret: Uint8Array): Buffer => createHmac('sha256', secret).update(base).digest();

export function hmacMatches(base: string, secret: Uint8Array, given: Uint8Array): boolean {
  const own = hmacOf(base, secret);
  return given.length === own.length && timingSafeEqual(own, given);
}
