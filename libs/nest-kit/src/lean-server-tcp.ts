import { type CustomTransportStrategy, ServerTCP, TcpContext } from '@nestjs/microservices';
import { isObservable } from 'rxjs';

interface Packet {
  readonly id?: string;
  readonly pattern: string | object;
  readonly data: unknown;
  readonly metadata?: unknown;
}

interface ReplySocket {
  sendMessage(message: unknown): void;
}

/**
 * Nest's TCP server with a short way for the ordinary message: a handler that returns one value is answered with that value,
 * without wrapping it into a stream first. Streams, events and errors go Nest's own way. On the wire nothing differs.
 */
export class LeanServerTcp extends ServerTCP implements CustomTransportStrategy {
  override async handleMessage(socket: ReplySocket, message: Packet): Promise<void> {
    const handler = message.id === undefined ? null : this.messageHandlers.get(message.pattern as string);
    if (handler == null || handler.isEventHandler === true) return super.handleMessage(socket as never, message);
    const context = new TcpContext([socket as never, message.pattern as string, message.metadata as never]);
    const answered = await handler(message.data, context);
    if (!isObservable(answered)) {
      socket.sendMessage({ response: answered, isDisposed: true, id: message.id });
      return;
    }
    this.send(answered, (data) => {
      socket.sendMessage({ ...data, id: message.id });
    });
  }
}
