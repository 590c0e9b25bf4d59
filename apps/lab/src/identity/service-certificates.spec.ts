import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newDirectory, remove } from '../../fixtures/launcher-process.mjs';
import { certificateFiles, ensureCertificates } from './service-certificates.js';

const owners = [
  { name: 'runtime', realms: [] },
  { name: 'content', realms: ['content'] },
];
const DAY_MS = 24 * 60 * 60 * 1000;
let dataDir: string;

beforeEach(async () => {
  dataDir = newDirectory();
  await ensureCertificates(dataDir, owners);
});
afterEach(() => {
  jest.restoreAllMocks();
  remove(dataDir);
});

const certificateOf = (name: string): X509Certificate =>
  new X509Certificate(readFileSync(certificateFiles(dataDir, name).certificate));

const tlsOf = (name: string) => {
  const files = certificateFiles(dataDir, name);
  return {
    ca: readFileSync(files.authority),
    cert: readFileSync(files.certificate),
    key: readFileSync(files.privateKey),
  };
};

describe('service certificates', () => {
  it('name where the service listens, the service, and its realms', () => {
    expect(certificateOf('runtime').subjectAltName).toBe(
      'DNS:localhost, IP Address:127.0.0.1, URI:intendant://service/runtime',
    );
    expect(certificateOf('content').subjectAltName).toBe(
      'DNS:localhost, IP Address:127.0.0.1, URI:intendant://service/content, URI:intendant://realm/content',
    );
  });

  it('are for both ends of a connection, last a year, and their authority ten', () => {
    expect(certificateOf('runtime').keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    const daysLeft = (name: string) => (Date.parse(certificateOf(name).validTo) - Date.now()) / DAY_MS;
    expect(daysLeft('runtime')).toBeCloseTo(365, -1);
    expect(daysLeft('ca')).toBeCloseTo(3652, -1);
    expect(certificateOf('ca').ca).toBe(true);
    expect(certificateOf('runtime').ca).toBe(false);
  });

  it('are for their owner only, keys and directory too', () => {
    const { certificate, privateKey } = certificateFiles(dataDir, 'runtime');
    expect([certificate, privateKey].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(`${dataDir}/tls`).mode & 0o777).toBe(0o700);
  });

  it('let two services know each other', async () => {
    const server = createServer({ ...tlsOf('content'), requestCert: true, rejectUnauthorized: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'secureConnection');
    const { port } = server.address() as AddressInfo;
    const client = connect({ ...tlsOf('runtime'), host: '127.0.0.1', port });
    await once(client, 'secureConnect');
    const [peer] = await accepted;
    expect(client.getPeerX509Certificate()?.subjectAltName).toContain('URI:intendant://realm/content');
    expect(peer.getPeerX509Certificate()?.subjectAltName).toContain('URI:intendant://service/runtime');
    client.destroy();
    server.close();
    await once(server, 'close');
  });

  it('stay as they are over restarts', async () => {
    const before = certificateOf('runtime').serialNumber;
    await ensureCertificates(dataDir, owners);
    expect(certificateOf('runtime').serialNumber).toBe(before);
  });

  it('are renewed when less than 30 days are left, by the same authority', async () => {
    const before = certificateOf('runtime').serialNumber;
    const authority = certificateOf('ca').serialNumber;
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 340 * DAY_MS);
    await ensureCertificates(dataDir, owners);
    expect(certificateOf('runtime').serialNumber).not.toBe(before);
    expect(certificateOf('ca').serialNumber).toBe(authority);
  });

  it('are made again when a service gains a realm, or a key is damaged', async () => {
    const [runtime, content] = [certificateOf('runtime').serialNumber, certificateOf('content').serialNumber];
    writeFileSync(certificateFiles(dataDir, 'runtime').privateKey, 'torn');
    await ensureCertificates(dataDir, [
      { name: 'runtime', realms: [] },
      { name: 'content', realms: ['content', 'media'] },
    ]);
    expect(certificateOf('runtime').serialNumber).not.toBe(runtime);
    expect(certificateOf('content').serialNumber).not.toBe(content);
  });

  it('are made again when the authority is lost', async () => {
    writeFileSync(certificateFiles(dataDir, 'ca').privateKey, '');
    await ensureCertificates(dataDir, owners);
    expect(certificateOf('runtime').verify(certificateOf('ca').publicKey)).toBe(true);
  });
});
