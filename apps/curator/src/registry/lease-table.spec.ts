import type { ParticipantRegistration } from '@intendant/intent-model';
import type { Scheduler } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import { LeaseTable } from './lease-table.js';

const registration = {
  service: 'content',
  instanceId: 'one',
  address: { transport: 'tcp', host: '127.0.0.1', port: 1 },
  capabilities: [],
} as unknown as ParticipantRegistration;

/** Time of a process that may stand still: timers fire only when it is told to look. */
function sleeper() {
  let nowMs = 0;
  const timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  const scheduler: Scheduler = {
    after: (delayMs, callback) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  };
  const passTo = (ms: number): void => {
    nowMs = ms;
    for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.callback();
    }
  };
  return { clock: { nowMs: () => nowMs }, scheduler, passTo };
}

describe('a lease', () => {
  it('runs out', () => {
    const { clock, scheduler, passTo } = sleeper();
    const expired: string[] = [];
    const leases = new LeaseTable(clock, scheduler, 10_000, ({ instanceId }) => expired.push(instanceId));
    leases.grant(registration);
    passTo(10_050);
    expect([expired, leases.instances().length]).toEqual([['one'], 0]);
  });

  it('does not run out over a time in which nobody could renew, because this process stood still', () => {
    const { clock, scheduler, passTo } = sleeper();
    const expired: string[] = [];
    const leases = new LeaseTable(clock, scheduler, 10_000, ({ instanceId }) => expired.push(instanceId));
    leases.grant(registration);
    passTo(25_000);
    expect([expired, leases.instances().length]).toEqual([[], 1]);
    passTo(35_100);
    expect(expired).toEqual(['one']);
  });
});
