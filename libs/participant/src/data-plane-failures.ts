import type { Readable } from 'node:stream';
import { z } from 'zod';
import { StepFailure } from './participant.js';

const ProblemCode = z.object({
  code: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  detail: z.string().max(500).optional(),
});

/** Characters of a problem document that are read. */
const PROBLEM_BYTES_MAX = 16_384;

/** The connection broke or was never there. */
export const unreachable = (error: unknown): StepFailure =>
  new StepFailure('data_plane_unreachable', error instanceof Error ? error.message : String(error), {
    retryable: true,
  });

/**
 * What an answer other than success means for the step, under the code of the problem document when there is one:
 * retryable on 5xx, 429, and 401 (the grant ended with the call it was made for; the next call brings another), else final. `codeOf404` stands for a 404 without one.
 */
export async function refusalOfResponse(statusCode: number, body: Readable, codeOf404?: string): Promise<StepFailure> {
  const problem = ProblemCode.safeParse(await readBounded(body, PROBLEM_BYTES_MAX).catch(() => undefined));
  const retryable = statusCode >= 500 || statusCode === 429 || statusCode === 401;
  const fallback =
    statusCode === 404 && codeOf404 !== undefined ? codeOf404 : retryable ? 'data_plane_failed' : 'data_plane_refused';
  const code = problem.success ? problem.data.code : fallback;
  return new StepFailure(code, (problem.success && problem.data.detail) || `the data plane answered ${statusCode}`, {
    retryable,
  });
}

/** A JSON body of at most `bytesMax` bytes; undefined when it is none. A longer one is `data_plane_failed`. */
export async function readBounded(body: Readable, bytesMax: number): Promise<unknown> {
  const bytes = await bytesOf(body, bytesMax).catch((error: unknown) => {
    throw unreachable(error);
  });
  if (bytes === null)
    throw new StepFailure('data_plane_failed', `the data plane answered with more than ${bytesMax} bytes`);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** All of a body, or null when it is longer. By events: an iterator costs more than the rest of a short answer. */
function bytesOf(body: Readable, bytesMax: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    body.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= bytesMax) chunks.push(chunk);
      else {
        resolve(null);
        body.destroy();
      }
    });
    body.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    body.once('error', reject);
    body.once('close', () => reject(new Error('the connection was closed')));
  });
}
