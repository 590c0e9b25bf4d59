import type { Readable } from 'node:stream';
import { FailureError, failure } from '@intendant/intent-model';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The one path that takes bytes of any type as a stream. */
export const CONTENT_PATH = '/v1/content';

/**
 * JSON bodies arrive as the bytes that were sent, read up to a limit; content stays a stream; nothing else is taken, and
 * nothing that is compressed: it would be kept under the digest of other bytes than those that were meant.
 */
export function installBodyParsers(server: FastifyInstance, bodyBytesMax: number): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', (request, payload, done) => {
    if (isEncoded(request)) return done(notAsItIs());
    if (isContent(request)) return done(null);
    readUpTo(payload, bodyBytesMax).then(
      // a body of no bytes is none
      (bytes) => done(null, bytes.length === 0 ? undefined : bytes),
      (error: Error) => done(error),
    );
  });
  server.addContentTypeParser('*', (request, _payload, done) => {
    if (isEncoded(request)) return done(notAsItIs());
    if (isContent(request)) return done(null);
    done(
      new FailureError(failure('unsupported_media_type', 'send application/json', { field: 'header content-type' })),
    );
  });
}

/** By the route, for a path can be spelled in more ways than one. */
const isContent = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url === CONTENT_PATH;

const isEncoded = ({ headers }: FastifyRequest): boolean =>
  (headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity';

const notAsItIs = (): FailureError =>
  new FailureError(failure('unsupported_media_type', 'send the body as it is', { field: 'header content-encoding' }));

function readUpTo(payload: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    payload.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > bytesMax) {
        payload.removeAllListeners('data');
        payload.resume();
        reject(
          new FailureError(failure('body_too_large', `the body is larger than ${bytesMax} bytes`, { field: 'body' })),
        );
        return;
      }
      chunks.push(chunk);
    });
    payload.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    payload.once('error', reject);
  });
}
