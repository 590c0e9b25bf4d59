import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { PLATFORM } from './tokens.js';

@Controller()
export class MetricsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Prometheus text format. */
  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    const { registry } = this.platform.metrics;
    await reply.header('content-type', registry.contentType).send(await registry.metrics());
  }
}
