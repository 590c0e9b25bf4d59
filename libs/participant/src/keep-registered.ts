import type { ParticipantRegistration, RegistrationReceipt } from '@intendant/intent-model';
import type { Scheduler } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import { type CuratorPort, RegistrationLease, type RegistrationRefused } from './registration-lease.js';

export interface RegistrationObserver {
  /** Each time Curator accepted. */
  registered?(receipt: RegistrationReceipt): void;
  /** A rule refuses the instance later, after Curator forgot it. */
  refused(refusal: RegistrationRefused): void;
}

/**
 * Registers and stays registered. Resolves once Curator accepted, however long that takes; rejects with
 * {@link RegistrationRefused} when a rule refuses the first time.
 */
export async function keepRegistered(
  registration: ParticipantRegistration,
  curator: CuratorPort,
  { scheduler, logger, observer }: { scheduler: Scheduler; logger: Logger; observer: RegistrationObserver },
): Promise<RegistrationLease> {
  let settle: { resolve(): void; reject(refusal: RegistrationRefused): void } | null = null;
  const accepted = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const events = {
    registered: (receipt: RegistrationReceipt) => {
      const { leaseMs, revision } = receipt;
      logger.info({ leaseMs, revision }, 'registered with Curator');
      observer.registered?.(receipt);
      settle?.resolve();
      settle = null;
    },
    retrying: (operation: string, error: unknown, waitMs: number) => {
      const reason = error instanceof Error ? error.message : error;
      logger.warn({ operation, error: reason, waitMs: Math.round(waitMs) }, 'Curator did not accept');
    },
    leaseLost: () => logger.warn('Curator does not know the lease, registering again'),
    refused: (refusal: RegistrationRefused) => (settle === null ? observer.refused(refusal) : settle.reject(refusal)),
  };
  const lease = new RegistrationLease(registration, curator, scheduler, events, Math.random);
  lease.start();
  await accepted;
  return lease;
}
