import type { Platform } from './compose.js';

/** Smart City not heard for longer than this makes the process not ready: its answers may be of an old policy. */
const POLICY_SILENCE_MS_MAX = 15_000;

export type Asked = Pick<
  Platform,
  'drain' | 'freeSpace' | 'holders' | 'holding' | 'log' | 'policyWatch' | 'registryWatch' | 'wal'
>;

/** Why this process should not be sent work, a line for each; none when it is ready. */
export function unreadyReasons(platform: Asked): string[] {
  const { drain, freeSpace, holding, policyWatch, registryWatch, wal } = platform;
  const reasons: string[] = [];
  if (drain.begun) reasons.push('draining');
  if (wal.closedBecause !== null) reasons.push(`the log takes no appends: ${wal.closedBecause}`);
  if (policyWatch.silentMs() > POLICY_SILENCE_MS_MAX) reasons.push('Smart City has not been heard');
  else if (policyWatch.isOutOfDate) reasons.push('Smart City cannot read its policies and denies everything');
  if (!registryWatch.heard) reasons.push('no registry snapshot');
  if (freeSpace.shortage() !== null) reasons.push('free space is below the floor');
  const unready = holding.unready();
  if (unready !== null) reasons.push(unready);
  return [...reasons, ...haltedReasons(platform)];
}

/** Where nobody else is better off, what is left is served here: without anybody to ask, nothing would be. */
function haltedReasons({ holders, log }: Asked): string[] {
  const { haltedHere, othersReady } = holders;
  if (!othersReady && haltedHere.size < log.partitionCount) return [];
  return [...haltedHere].map(([partition, finding]) => `partition ${partition} is halted: ${finding}`);
}
