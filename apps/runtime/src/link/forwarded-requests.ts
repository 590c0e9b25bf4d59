import type { IncomingMessage, ServerResponse } from 'node:http';

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** Requests that another replica handed over: they are served here or not at all, and go no further. */
export class ForwardedRequests {
  readonly #known = new WeakSet<IncomingMessage>();
  #serve: Serve = (_request, response) => void response.writeHead(503).end();

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
