import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

/** One reason per thing that is not as it should be; empty means ready. */
export type ReadinessCheck = () => readonly string[];

/** Plain HTTP listener with /health/live, /health/ready and /metrics for processes that have no HTTP of their own. */
export async function startHealthServer(options: {
  host: string;
  port: number;
  readiness: ReadinessCheck;
  metrics: Registry;
}): Promise<Server> {
  const server = createServer((request, response) => {
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method !== 'GET') return json(405, { status: 'method not allowed' });
    if (request.url === '/health/live') return json(200, { status: 'live' });
    if (request.url === '/health/ready') {
      const reasons = options.readiness();
      return json(reasons.length === 0 ? 200 : 503, { status: reasons.length === 0 ? 'ready' : 'not_ready', reasons });
    }
    if (request.url === '/metrics') {
      void options.metrics.metrics().then((text) => {
        response.writeHead(200, { 'content-type': options.metrics.contentType }).end(text);
      });
      return;
    }
    json(404, { status: 'not found' });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return server;
}
