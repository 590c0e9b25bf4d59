import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { TlsFiles } from '../tls.js';

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

/** A certificate authority for one spec file; @peculiar/x509 must be installed beside this library. */
export class TestAuthority {
  private constructor(
    private readonly certificate: x509.X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  static async create(): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...common(),
      name: 'CN=test authority',
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    });
    return new TestAuthority(certificate, keys);
  }

  /** Key and certificate of a service, with the realms it may register. */
  issue(service: string, realms: readonly string[] = []): Promise<TlsFiles> {
    return this.issueFor([`intendant://service/${service}`, ...realms.map((realm) => `intendant://realm/${realm}`)]);
  }

  /** Key and certificate with any URI names. */
  async issueFor(uris: readonly string[]): Promise<TlsFiles> {
    const keys = await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      ...common(),
      subject: 'CN=service',
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension(uris.map((value) => ({ type: 'url' as const, value })))],
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return {
      ca: Buffer.from(this.certificate.toString('pem')),
      cert: Buffer.from(certificate.toString('pem')),
      key: Buffer.from(x509.PemConverter.encode(key, 'PRIVATE KEY')),
    };
  }
}

const common = () => ({
  serialNumber: `40${randomBytes(15).toString('hex')}`,
  notBefore: new Date(Date.now() - HOUR_MS),
  notAfter: new Date(Date.now() + HOUR_MS),
  signingAlgorithm: SIGNING,
});
