import type { LivenessReply, ReadinessReply } from '@intendant/intent-model';
import type { IndexedWal } from '@intendant/wal';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { unreadyReasons } from '../platform/readiness.js';
import type { ReadModelStatus } from '../read-model/lagging-read-model.js';
import { PLATFORM } from './tokens.js';

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
    const { readModel, wal, policyWatch, registryWatch, freeSpace, holders, silence } = this.platform;
    const reasons = unreadyReasons(this.platform);
    void reply.status(reasons.length === 0 ? 200 : 503);
    return {
      status: reasons.length === 0 ? 'ready' : 'not_ready',
      reasons,
      halted: [...holders.haltedHere].map(([partition, finding]) => ({ partition, finding })),
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
