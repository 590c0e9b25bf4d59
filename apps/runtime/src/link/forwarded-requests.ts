import type { IncomingMessage, ServerResponse } from 'node:http';
import { MISDIRECTED } from './exchange.js';

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Requests that another replica handed over: they are served here or not at all, and go no further. A process that starts
 * listens to the other replicas before it serves anybody; until then it holds nothing, and says so.
 */
export class ForwardedRequests {
  readonly #known = new WeakSet<IncomingMessage>();
  #serve: Serve = (_request, response) => void response.writeHead(MISDIRECTED).end();

  /** Who serves requests, from now on. */
  servedBy(serve: Serve): void {
    this.#serve = serve;
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    this.#known.add(request);
    this.#serve(request, response);
  }

  has(request: IncomingMessage): boolean {
    return this.#known.has(request);
  }
}
