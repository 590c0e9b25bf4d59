import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { AlternativeNames, KeyAndCertificate } from './certificate.js';

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const AUTHORITY_YEARS = 10;
const SERVICE_YEARS = 1;
/** Clocks of one machine agree, but a virtual machine's may step back at wake-up. */
const BACKDATED_MS = 60 * 60 * 1000;

export async function makeAuthority(): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: `CN=Intendant lab ${randomBytes(4).toString('hex')}`,
    ...validFor(AUTHORITY_YEARS),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return inPem(certificate, keys.privateKey);
}

export async function makeServiceCertificate(
  authority: KeyAndCertificate,
  name: string,
  names: AlternativeNames,
): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: `CN=${name}`,
    issuer: issuer.subject,
    ...validFor(SERVICE_YEARS),
    signingAlgorithm: SIGNATURE,
    publicKey: keys.publicKey,
    signingKey: await signingKeyOf(authority),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(generalNames(names)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer, false),
    ],
  });
  return inPem(certificate, keys.privateKey);
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);

/** 127 random bits, positive, as RFC 5280 asks. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function validFor(years: number): { notBefore: Date; notAfter: Date } {
  const now = new Date(Date.now());
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + years);
  return { notBefore: new Date(now.getTime() - BACKDATED_MS), notAfter };
}

const generalNames = ({ dns, ip, uri }: AlternativeNames): x509.JsonGeneralNames => [
  ...dns.map((value) => ({ type: 'dns' as const, value })),
  ...ip.map((value) => ({ type: 'ip' as const, value })),
  ...uri.map((value) => ({ type: 'url' as const, value })),
];

const signingKeyOf = ({ privateKey }: KeyAndCertificate): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(privateKey), KEYS, false, ['sign']);

async function inPem(certificate: x509.X509Certificate, privateKey: webcrypto.CryptoKey): Promise<KeyAndCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}
