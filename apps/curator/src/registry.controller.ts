import { failure, LeaseMessage, type RegistrySnapshot, RpcPattern } from '@intendant/intent-model';
import { callerOf, onlyServices } from '@intendant/nest-kit';
import { Controller, UseGuards } from '@nestjs/common';
import { Ctx, MessagePattern, Payload, RpcException, TcpContext } from '@nestjs/microservices';
import { fromEvent, type Observable, takeUntil } from 'rxjs';
import { z } from 'zod';
import { type RegistrationReply, Registry } from './registry/registry.js';
import { RegistryWatch } from './registry/registry-watch.js';

const WatchMessage = z.object({ hasSnapshot: z.boolean().default(false) }).prefault({});

/** Whom the connection speaks for; only a certificate that names a realm is a participant's. */
function participantOf(context: TcpContext) {
  const caller = callerOf(context);
  if (caller !== null && caller.realms.length > 0) return caller;
  throw new RpcException(failure('action_not_permitted', 'the certificate names no realm'));
}

function leaseIdOf(message: unknown): string {
  const parsed = LeaseMessage.safeParse(message);
  if (parsed.success) return parsed.data.leaseId;
  throw new RpcException(failure('invalid_request', 'the message must be {leaseId}'));
}

/** The registry, for participants (register, renew, drain) and for the Runtime (watch). */
@Controller()
export class RegistryController {
  constructor(
    private readonly registry: Registry,
    private readonly watch: RegistryWatch,
  ) {}

  @MessagePattern(RpcPattern.register)
  register(@Payload() message: unknown, @Ctx() context: TcpContext): Promise<RegistrationReply> {
    return this.registry.register(message, participantOf(context));
  }

  @MessagePattern(RpcPattern.renew)
  renew(@Payload() message: unknown, @Ctx() context: TcpContext): { status: 'renewed' | 'lease_unknown' } {
    const renewed = this.registry.renew(leaseIdOf(message), participantOf(context).service);
    return { status: renewed ? 'renewed' : 'lease_unknown' };
  }

  @MessagePattern(RpcPattern.drain)
  async drain(
    @Payload() message: unknown,
    @Ctx() context: TcpContext,
  ): Promise<{ status: 'draining' | 'lease_unknown' }> {
    const draining = await this.registry.drain(leaseIdOf(message), participantOf(context).service);
    return { status: draining ? 'draining' : 'lease_unknown' };
  }

  /** Ends with the connection: Nest does not unsubscribe for a caller that has gone. */
  @UseGuards(onlyServices('runtime'))
  @MessagePattern(RpcPattern.watchRegistry)
  watchRegistry(@Payload() message: unknown, @Ctx() context: TcpContext): Observable<RegistrySnapshot> {
    const parsed = WatchMessage.safeParse(message ?? {});
    if (!parsed.success) throw new RpcException(failure('invalid_request', 'the message must be {hasSnapshot?}'));
    const connectionLost = fromEvent(context.getSocketRef().netSocket, 'close');
    return this.watch.snapshots(parsed.data.hasSnapshot).pipe(takeUntil(connectionLost));
  }
}
