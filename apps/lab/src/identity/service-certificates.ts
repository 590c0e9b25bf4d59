import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readIfPresent, writePrivately } from '../private-files.js';
import { alternativeNames, type CertificateOwner, type KeyAndCertificate } from './certificate.js';
import { holdsFor, isAuthority } from './certificate-checks.js';

export const certificateFiles = (dataDir: string, name: string) => ({
  authority: join(dataDir, 'tls', 'ca.crt'),
  certificate: join(dataDir, 'tls', `${name}.crt`),
  privateKey: join(dataDir, 'tls', `${name}.key`),
});

/** Makes the lab's certificate authority and one certificate per service; renews what is about to expire. */
export async function ensureCertificates(dataDir: string, owners: readonly CertificateOwner[]): Promise<void> {
  const authority = await ensureAuthority(dataDir);
  const authorityCertificate = new X509Certificate(authority.certificate);
  for (const owner of owners) {
    const names = alternativeNames(owner);
    const current = read(dataDir, owner.name);
    if (current && holdsFor(current, names, authorityCertificate)) continue;
    const { makeServiceCertificate } = await import('./certificate-making.js');
    write(dataDir, owner.name, await makeServiceCertificate(authority, owner.name, names));
  }
}

async function ensureAuthority(dataDir: string): Promise<KeyAndCertificate> {
  const current = read(dataDir, 'ca');
  if (current && isAuthority(current)) return current;
  const { makeAuthority } = await import('./certificate-making.js');
  const made = await makeAuthority();
  write(dataDir, 'ca', made);
  return made;
}

function read(dataDir: string, name: string): KeyAndCertificate | undefined {
  const files = certificateFiles(dataDir, name);
  const [certificate, privateKey] = [readIfPresent(files.certificate), readIfPresent(files.privateKey)];
  return certificate && privateKey ? { certificate, privateKey } : undefined;
}

function write(dataDir: string, name: string, made: KeyAndCertificate): void {
  const files = certificateFiles(dataDir, name);
  writePrivately(files.privateKey, made.privateKey);
  writePrivately(files.certificate, made.certificate);
}
