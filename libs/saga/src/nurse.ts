/** What Nurse knows about an execution that should be moving. Times are milliseconds since the epoch. */
export interface Pulse {
  readonly status: 'running' | 'waiting' | 'compensating' | 'paused' | 'stuck' | 'settled';
  readonly lastRecordMs: number;
  /** Longest time that what is in flight may take; 0 when nothing is. */
  readonly callMsMax: number;
  /** When the next durable timer is due; null without one. */
  readonly timerDueMs: number | null;
  /** An attempt failed and another is planned. */
  readonly retrying: boolean;
  /** It waits for what only a person brings about, whatever its status says. */
  readonly needsPerson: boolean;
}

/**
 * For how long an execution has said nothing although it should have, or null. A call may take its time and a timer its
 * wait; what comes after them is overdue once `boundMs` are over. Who waits for a person is not silent.
 */
export function judgeSilence(pulse: Pulse, nowMs: number, boundMs: number): number | null {
  if (pulse.status === 'paused' || pulse.status === 'stuck' || pulse.status === 'settled') return null;
  const waitsForNobody = pulse.status === 'waiting' && pulse.timerDueMs === null;
  if (waitsForNobody) return null;
  const expectedMs = Math.max(pulse.lastRecordMs + pulse.callMsMax, pulse.timerDueMs ?? 0);
  return nowMs - expectedMs > boundMs ? nowMs - pulse.lastRecordMs : null;
}

export type Health = 'healthy' | 'retrying' | 'silent' | 'needs_attention';

/** Nurse's word on one execution. */
export function judgeHealth(pulse: Pulse, nowMs: number, boundMs: number): Health {
  // a retry that was planned when it ended is made no more
  if (pulse.status === 'settled') return 'healthy';
  if (pulse.status === 'stuck' || pulse.needsPerson) return 'needs_attention';
  if (judgeSilence(pulse, nowMs, boundMs) !== null) return 'silent';
  return pulse.retrying ? 'retrying' : 'healthy';
}
