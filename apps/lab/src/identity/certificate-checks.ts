import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { AlternativeNames, KeyAndCertificate } from './certificate.js';

const RENEWAL_MS = 30 * 24 * 60 * 60 * 1000;

const asNodePrintsThem = ({ dns, ip, uri }: AlternativeNames): string =>
  [
    ...dns.map((name) => `DNS:${name}`),
    ...ip.map((name) => `IP Address:${name}`),
    ...uri.map((name) => `URI:${name}`),
  ].join(', ');

export const isAuthority = (pair: KeyAndCertificate): boolean => usable(pair, (certificate) => certificate.ca);

/** Whether a service can go on with its certificate: right names, signed by this authority, more than 30 days left. */
export const holdsFor = (pair: KeyAndCertificate, names: AlternativeNames, authority: X509Certificate): boolean =>
  usable(
    pair,
    (certificate) =>
      certificate.subjectAltName === asNodePrintsThem(names) &&
      certificate.checkIssued(authority) &&
      certificate.verify(authority.publicKey),
  );

function usable(pair: KeyAndCertificate, meets: (certificate: X509Certificate) => boolean): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    const lasts = Date.parse(certificate.validTo) - Date.now() > RENEWAL_MS;
    return lasts && certificate.checkPrivateKey(createPrivateKey(pair.privateKey)) && meets(certificate);
  } catch {
    return false; // not a certificate or not a key: made again
  }
}
