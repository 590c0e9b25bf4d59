import { readFileSync } from 'node:fs';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { Name, Realm } from '@intendant/intent-model';
import type { ProcessEnv } from './config.js';

export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export const readTlsFiles = (env: ProcessEnv): TlsFiles => ({
  ca: readFileSync(env.INTENDANT_TLS_CA_FILE),
  cert: readFileSync(env.INTENDANT_TLS_CERT_FILE),
  key: readFileSync(env.INTENDANT_TLS_KEY_FILE),
});

/** Who a certificate speaks for: one service, and the realms a participant may register. */
export interface ServiceIdentity {
  readonly service: string;
  readonly realms: readonly string[];
}

const SERVICE_URI = 'intendant://service/';
const REALM_URI = 'intendant://realm/';

/** One name of a certificate as Node prints it: `TYPE:value`, the value a JSON string when it could mislead. */
const SUBJECT_NAME = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/y;

/** The URIs among the names, or null when the text is not a list of names. */
function urisOf(names: string): readonly string[] | null {
  const uris: string[] = [];
  SUBJECT_NAME.lastIndex = 0;
  while (SUBJECT_NAME.lastIndex < names.length) {
    const [, type, value] = SUBJECT_NAME.exec(names) ?? [];
    if (value === undefined) return null;
    if (type === 'URI') uris.push(value.startsWith('"') ? (JSON.parse(value) as string) : value);
  }
  return uris;
}

/** Reads the URI names of a certificate; null when it names no service of ours, or anything that is not a plain name. */
export function identityOf(certificate: Pick<PeerCertificate, 'subjectaltname'>): ServiceIdentity | null {
  const uris = urisOf(certificate.subjectaltname ?? '') ?? [];
  const services = uris.filter((uri) => uri.startsWith(SERVICE_URI)).map((uri) => uri.slice(SERVICE_URI.length));
  const realms = uris.filter((uri) => uri.startsWith(REALM_URI)).map((uri) => uri.slice(REALM_URI.length));
  const [service] = services;
  if (service === undefined || services.length !== 1 || !Name.safeParse(service).success) return null;
  return realms.every((realm) => Realm.safeParse(realm).success) ? { service, realms } : null;
}

const identities = new WeakMap<object, ServiceIdentity | null>();

/** Identity of the other end of an authorised connection, worked out once per connection. */
export function peerIdentity(socket: TLSSocket): ServiceIdentity | null {
  if (!socket.authorized) return null;
  let identity = identities.get(socket);
  if (identity === undefined) {
    identity = identityOf(socket.getPeerCertificate());
    identities.set(socket, identity);
  }
  return identity;
}

/** Server side: both ends authenticate, TLS 1.3 only. */
export const serverTlsOptions = (files: TlsFiles) => ({
  ...files,
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3' as const,
});

/**
 * Client side: the server must be the service that was meant (or, without `service`, any service of our CA). The host
 * name plays no part: instances come and go at addresses, the certificate's service name is what counts.
 */
export const clientTlsOptions = (files: TlsFiles, service?: string) => ({
  ...files,
  minVersion: 'TLSv1.3' as const,
  rejectUnauthorized: true,
  checkServerIdentity: (_host: string, certificate: PeerCertificate): Error | undefined => {
    const identity = identityOf(certificate);
    if (identity !== null && (service === undefined || identity.service === service)) return undefined;
    return new Error(`peer is ${identity?.service ?? 'unknown'}, not ${service ?? 'one of our services'}`);
  },
});
