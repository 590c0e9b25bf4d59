import type { TLSSocket } from 'node:tls';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type MicroserviceOptions, RpcException, type TcpContext } from '@nestjs/microservices';
import { LeanServerTcp } from './lean-server-tcp.js';
import { type Logger, nestLogger } from './logger.js';
import { CoalescingJsonSocket } from './rpc-socket.js';
import { peerIdentity, type ServiceIdentity, serverTlsOptions, type TlsFiles } from './tls.js';

export interface RpcServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles;
  readonly logger: Logger;
}

export interface RpcServer {
  readonly port: number;
  /** The service of `type` from the module, for what must run beside the listener. */
  get<T>(type: abstract new (...args: never[]) => T): T;
  close(): Promise<void>;
}

/** Starts a Nest microservice on TCP with mutual TLS and resolves once it listens. */
export async function startRpcServer(module: unknown, options: RpcServerOptions): Promise<RpcServer> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module as never, {
    strategy: new LeanServerTcp({
      host: options.host,
      port: options.port,
      tlsOptions: serverTlsOptions(options.tls),
      socketClass: CoalescingJsonSocket as never,
    }),
    logger: nestLogger(options.logger),
    bufferLogs: false,
  });
  await app.listen();
  const address = app.unwrap<import('node:net').Server>().address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    get: (type) => app.get(type as never),
    close: () => app.close(),
  };
}

/** Identity of the caller of a message handler. */
export function callerOf(context: TcpContext): ServiceIdentity | null {
  return peerIdentity(context.getSocketRef().netSocket as TLSSocket);
}

/** Lets only the named services call the handlers it guards; everyone else is refused, whatever their certificate. */
export function onlyServices(...services: readonly string[]): new () => CanActivate {
  @Injectable()
  class OnlyServicesGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const caller = callerOf(context.switchToRpc().getContext<TcpContext>());
      if (caller !== null && services.includes(caller.service)) return true;
      throw new RpcException({ code: 'action_not_permitted', detail: 'this service may not make that call' });
    }
  }
  return OnlyServicesGuard;
}
