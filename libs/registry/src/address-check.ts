import type { ParticipantAddress } from '@intendant/intent-model';

/** Names of the loopback interface, as a URL writes them. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Why an instance may not be called at this address, or null. Plain HTTP is for a lab, and never leaves the machine. */
export function addressFault(address: ParticipantAddress, mode: 'production' | 'lab'): string | null {
  if (address.transport !== 'http') return null;
  const { protocol, hostname } = new URL(address.url);
  if (protocol === 'https:') return null;
  if (mode === 'production') return 'in production a participant over HTTP must be https';
  return LOOPBACK.test(hostname) ? null : 'plain http is for the loopback interface only';
}
