import { NotSent } from '@intendant/wal';

/**
 * The server is not the one that knew the claim: it was started anew or another was promoted, and may lack what was
 * acknowledged last. Claim the partition again and read up to the claim.
 */
export class ServerChanged extends NotSent {
  constructor(partition: number) {
    super(`partition ${partition}: the server changed since the claim`);
    this.name = 'ServerChanged';
  }
}

/** Another server is the master, or nobody yet: a failover is under way, or the address is that of a replica. Nothing was stored. */
export class NotMaster extends Error {
  constructor(role: string | undefined) {
    super(`role is ${role}, must be master`);
    this.name = 'NotMaster';
  }
}

/** A log of this prefix exists and was made differently. */
export class UnlikeLog extends Error {
  constructor(what: string, found: string, wanted: string) {
    super(`the log has ${what} ${found}, this process is set to ${wanted}`);
    this.name = 'UnlikeLog';
  }
}
