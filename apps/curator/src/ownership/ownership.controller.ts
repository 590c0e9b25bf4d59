import { type OwnershipAnswer, RpcPattern } from '@intendant/intent-model';
import { onlyServices } from '@intendant/nest-kit';
import { Controller, UseGuards } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { OwnershipTable } from './ownership-table.js';

/** Ownership of partitions, for the replicas of the Runtime. */
@Controller()
export class OwnershipController {
  constructor(private readonly table: OwnershipTable) {}

  @UseGuards(onlyServices('runtime'))
  @MessagePattern(RpcPattern.renewOwnership)
  renew(@Payload() message: unknown): OwnershipAnswer {
    const answer = this.table.renew(message);
    if (!answer.ok) throw new RpcException(answer.error);
    return answer.value;
  }
}
