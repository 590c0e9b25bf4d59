import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { ParticipantRegistration, ParticipantRegistrationPath, type RequestKey } from '@intendant/intent-model';
import { gate } from './scripted-participant.js';

export interface Registered {
  readonly registration: ParticipantRegistration;
  readonly requestKey: RequestKey;
}

/** Curator's registration over HTTPS, for one participant, which it always accepts. `tls` is the certificate of `curator`. */
export async function startMemoryCurator(tls: TlsOptions, leaseMs = 10_000) {
  const registered = gate<Registered>();
  const renewed = gate<string>();
  const leases: string[] = [];
  const answers: Record<string, (message: unknown) => object> = {
    [ParticipantRegistrationPath.register]: (message) => {
      const registration = ParticipantRegistration.parse(message);
      const requestKey = {
        keyId: randomBytes(12).toString('base64url'),
        secret: randomBytes(32).toString('base64'),
      };
      leases.push(`lease-${leases.length + 1}`);
      registered.open({ registration, requestKey });
      return { leaseId: leases.at(-1), leaseMs, revision: leases.length, requestKey };
    },
    [ParticipantRegistrationPath.renew]: (message) => {
      const { leaseId } = message as { leaseId: string };
      renewed.open(leaseId);
      return { status: leaseId === leases.at(-1) ? 'renewed' : 'lease_unknown' };
    },
    [ParticipantRegistrationPath.drain]: () => ({ status: 'draining' }),
  };
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers[request.url ?? '']?.(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    registered: registered.opened,
    /** The first lease that was renewed. */
    renewed: renewed.opened,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
