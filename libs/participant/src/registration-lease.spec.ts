import { failure, type ParticipantRegistration, type RegistrationReceipt } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, test } from '@jest/globals';
import { type CuratorPort, RegistrationLease, RegistrationRefused } from './registration-lease.js';

const registration = { service: 'content', instanceId: 'content-1' } as ParticipantRegistration;

type Answer = 'accept' | 'refuse' | 'later' | 'unreachable';

/** Curator as its network face shows it: leases that it may forget, and answers that can be chosen. */
class ScriptedCurator implements CuratorPort {
  readonly log: string[] = [];
  answers: Answer[] = [];
  reachable = true;
  known = new Set<string>();
  #leases = 0;

  async register(): Promise<RegistrationReceipt | { refused: RegistrationRefused }> {
    const answer = this.reachable ? (this.answers.shift() ?? 'accept') : 'unreachable';
    this.log.push(`register ${answer}`);
    if (answer === 'unreachable') throw new Error('connection refused');
    if (answer === 'refuse') return { refused: new RegistrationRefused(failure('registration_refused', 'no'), true) };
    if (answer === 'later') return { refused: new RegistrationRefused(failure('shutting_down', 'not now'), false) };
    this.#leases += 1;
    this.known.add(`lease-${this.#leases}`);
    return { leaseId: `lease-${this.#leases}`, leaseMs: 10_000, revision: 1 };
  }

  async renew(leaseId: string): Promise<'renewed' | 'lease_unknown'> {
    if (!this.reachable) {
      this.log.push('renew unreachable');
      throw new Error('connection refused');
    }
    const answer = this.known.has(leaseId) ? 'renewed' : 'lease_unknown';
    this.log.push(`renew ${leaseId} ${answer}`);
    return answer;
  }

  async drain(leaseId: string): Promise<void> {
    if (!this.reachable) throw new Error('connection refused');
    this.log.push(`drain ${leaseId}`);
  }
}

function leaseOn(curator: CuratorPort) {
  const time = new ManualTime();
  const events: string[] = [];
  const lease = new RegistrationLease(
    registration,
    curator,
    time,
    {
      registered: ({ leaseId }) => events.push(`registered ${leaseId}`),
      retrying: (operation, _error, waitMs) => events.push(`retrying ${operation} in ${waitMs}`),
      leaseLost: () => events.push('lost'),
      refused: (refusal) => events.push(`refused ${refusal.failure.code}`),
    },
    () => 0.5,
  );
  return { lease, time, events };
}

describe('RegistrationLease', () => {
  test('renews every three seconds of a ten-second lease', async () => {
    const curator = new ScriptedCurator();
    const { lease, time, events } = leaseOn(curator);
    lease.start();
    await time.pass(9_500);
    expect(events).toEqual(['registered lease-1']);
    expect(curator.log).toEqual(['register accept', ...Array(3).fill('renew lease-1 renewed')]);
    expect(lease.held).toBe(true);
  });

  test('asks again, ever more slowly, until Curator is there', async () => {
    const curator = new ScriptedCurator();
    curator.answers = ['unreachable', 'later', 'unreachable', 'unreachable', 'unreachable', 'unreachable', 'accept'];
    const { lease, time, events } = leaseOn(curator);
    lease.start();
    await time.pass(20_000);
    expect(events).toEqual([
      ...[200, 400, 800, 1_600, 3_200, 5_000].map((waitMs) => `retrying register in ${waitMs}`),
      'registered lease-1',
    ]);
  });

  test('a refusal by rule is told once, and not asked again', async () => {
    const curator = new ScriptedCurator();
    curator.answers = ['refuse'];
    const { lease, time, events } = leaseOn(curator);
    lease.start();
    await time.pass(60_000);
    expect(events).toEqual(['refused registration_refused']);
    expect(curator.log).toEqual(['register refuse']);
    expect(time.timersSet).toBe(0);
  });

  test('registers again at once when Curator has forgotten the lease', async () => {
    const curator = new ScriptedCurator();
    const { lease, time, events } = leaseOn(curator);
    lease.start();
    await time.pass(100);
    curator.known.clear();
    await time.pass(3_000);
    expect(events).toEqual(['registered lease-1', 'lost', 'registered lease-2']);
    await time.pass(3_000);
    expect(curator.log.at(-1)).toBe('renew lease-2 renewed');
  });

  test('an outage of Curator is sat out', async () => {
    const curator = new ScriptedCurator();
    const { lease, time, events } = leaseOn(curator);
    lease.start();
    await time.pass(100);
    curator.reachable = false;
    await time.pass(5_000);
    expect(events).toContain('retrying renew in 1000');
    expect(lease.held).toBe(true);
    curator.reachable = true;
    await time.pass(1_100);
    expect(curator.log.at(-1)).toBe('renew lease-1 renewed');
    expect(events).not.toContain('lost');
  });

  test('a drain takes the lease back and leaves no timer', async () => {
    const curator = new ScriptedCurator();
    const { lease, time } = leaseOn(curator);
    lease.start();
    await time.pass(100);
    await lease.drain();
    expect(curator.log).toEqual(['register accept', 'drain lease-1']);
    expect([lease.held, time.timersSet]).toEqual([false, 0]);
    await time.pass(60_000);
    expect(curator.log).toHaveLength(2);
  });

  test('a drain ends also before Curator ever answered, and when it is gone', async () => {
    const curator = new ScriptedCurator();
    curator.reachable = false;
    const never = leaseOn(curator);
    never.lease.start();
    await never.time.pass(100);
    await never.lease.drain();
    expect(never.time.timersSet).toBe(0);

    curator.reachable = true;
    const lost = leaseOn(curator);
    lost.lease.start();
    await lost.time.pass(100);
    curator.reachable = false;
    await lost.lease.drain();
    expect(lost.time.timersSet).toBe(0);
  });
});
