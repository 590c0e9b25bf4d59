import type { LivenessReply, ReadinessReply } from '@intendant/intent-model';
import type { IndexedWal } from '@intendant/wal';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import type { ReadModelStatus } from '../read-model/lagging-read-model.js';
import { PLATFORM } from './tokens.js';

/** Smart City not heard for longer than this makes the process not ready: its answers may be of an old policy. */
const POLICY_AGE_MS_MAX = 15_000;

/** Liveness says that the event loop turns; readiness says what work could not be done right now. */
@Controller()
export class HealthController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Get('health/live')
  live(): LivenessReply {
    return { status: 'live' };
  }

  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessReply> {
    const { drain, readModel, wal, policyWatch, registryWatch, freeSpace, holders, silence, holding } = this.platform;
    const reasons: string[] = [];
    if (drain.begun) reasons.push('draining');
    if (wal.closedBecause !== null) reasons.push(`the log takes no appends: ${wal.closedBecause}`);
    if (policyWatch.ageMs() > POLICY_AGE_MS_MAX) reasons.push('Smart City has not been heard');
    if (!registryWatch.heard) reasons.push('no registry snapshot');
    if (freeSpace.shortage() !== null) reasons.push('free space is below the floor');
    const unready = holding.unready();
    if (unready !== null) reasons.push(unready);
    for (const [partition, reason] of holders.haltedHere) reasons.push(`partition ${partition} is halted: ${reason}`);
    void reply.status(reasons.length === 0 ? 200 : 503);
    return {
      status: reasons.length === 0 ? 'ready' : 'not_ready',
      reasons,
      wal: walView(wal),
      policyAgeMs: finite(policyWatch.ageMs()),
      registryConnected: registryWatch.connected,
      freeBytes: finite(freeSpace.freeBytes),
      readModel: readModelView(await readModel.lists.status()),
      silentExecutions: silence.count,
    };
  }
}

/** What the log really gives at the moment, not what its settings were meant to give. */
function walView(wal: IndexedWal): ReadinessReply['wal'] {
  const refusal = wal.refusal();
  const declared = wal.describe();
  if (refusal === null) return declared;
  return { ...declared, durability: `takes no appends: ${refusal.message}`, survivesPowerLoss: false };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const readModelView = (status: ReadModelStatus): ReadinessReply['readModel'] => ({
  ...status,
  halted: [...status.halted],
});
