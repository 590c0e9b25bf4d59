import {
  CallCancel,
  type CallOutcome,
  CallProbe,
  ParticipantCall,
  type ProbeAnswer,
  type ReplayAnswer,
  ReplayCall,
  RpcPattern,
} from '@intendant/intent-model';
import { onlyServices } from '@intendant/nest-kit';
import { Controller, UseGuards } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import type { z } from 'zod';
import { ParticipantEndpoint } from '../participant-endpoint.js';

/** The participant protocol on Nest's transport; the Runtime alone may speak it. */
@Controller()
@UseGuards(onlyServices('runtime'))
export class ParticipantController {
  constructor(private readonly endpoint: ParticipantEndpoint) {}

  @MessagePattern(RpcPattern.call)
  call(@Payload() message: unknown): Promise<CallOutcome> {
    return this.endpoint.call(parsed(ParticipantCall, message));
  }

  @EventPattern<string>(RpcPattern.cancel)
  cancel(@Payload() message: unknown): void {
    this.endpoint.cancel(parsed(CallCancel, message));
  }

  @MessagePattern(RpcPattern.probe)
  probe(@Payload() message: unknown): ProbeAnswer {
    return this.endpoint.probe(parsed(CallProbe, message).idempotencyKey);
  }

  @MessagePattern(RpcPattern.replay)
  replay(@Payload() message: unknown): Promise<ReplayAnswer> {
    return this.endpoint.replay(parsed(ReplayCall, message));
  }
}

function parsed<T extends z.ZodType>(schema: T, message: unknown): z.infer<T> {
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new RpcException({ code: 'invalid_request', detail: `/${issue?.path.join('/')}: ${issue?.message}` });
}
