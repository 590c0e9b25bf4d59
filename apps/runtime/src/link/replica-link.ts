import { Agent, request as httpsRequest } from 'node:https';
import { type Failure, FailureError, failure, Problem, type Replica } from '@intendant/intent-model';
import { clientTlsOptions, type TlsFiles } from '@intendant/nest-kit';
import { movingFailure, type RemoteAppends } from '@intendant/partition';
import { type Attribution, type Entry, type IndexedWal, partitionOf, type RecordDraft } from '@intendant/wal';
import type { Holders } from './holders.js';
import { appendedEntry, type LateMessage } from './link-messages.js';

const MESSAGE_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Whom a request goes to, over mutual TLS between Runtimes. Connections are as many as requests are under way, which the
 * listener bounds: were they fewer, whoever follows events or waits would keep everybody else from the other replica.
 */
export const linkAgent = (tls: TlsFiles): Agent => new Agent({ ...clientTlsOptions(tls, 'runtime'), keepAlive: true });

/** What replicas tell one another beside the requests that they forward. */
export class ReplicaLink implements RemoteAppends {
  constructor(
    private readonly agent: Agent,
    private readonly holders: Holders,
    private readonly wal: IndexedWal,
  ) {}

  catchUp(partition: number): Promise<void> {
    return this.wal.catchUp(partition);
  }

  async append(
    streamId: string,
    attribution: Attribution,
    drafts: readonly RecordDraft[],
    firstSeq: number | null,
  ): Promise<Entry | null> {
    const holder = await this.#holderOf(streamId);
    // taken here, but for the lease
    if (holder === 'self') return this.#nothingYet();
    const answer = await this.#post(holder, '/link/append', { streamId, attribution, drafts, firstSeq });
    return appendedEntry(answer) ?? this.#nothingYet();
  }

  /** Has a late outcome recorded where its execution is held now. */
  async late(message: LateMessage): Promise<void> {
    const holder = await this.#holderOf(message.executionId);
    if (holder === 'self') throw new FailureError(movingFailure());
    await this.#post(holder, '/link/late', message);
  }

  #holderOf(streamId: string): Promise<Replica | 'self'> {
    return this.holders.holderOf(partitionOf(streamId, this.wal.describe().partitionCount));
  }

  async #nothingYet(): Promise<null> {
    await this.holders.lookAgain();
    return null;
  }

  #post(replica: Replica, path: string, message: unknown): Promise<unknown> {
    const body = Buffer.from(JSON.stringify(message));
    return new Promise((resolve, reject) => {
      const unreachable = (error: Error): void =>
        reject(new FailureError(failure('partition_unavailable', error.message, { retryAfterMs: 1_000 })));
      const outgoing = httpsRequest(new URL(path, replica.linkUrl), {
        method: 'POST',
        agent: this.agent,
        headers: { 'content-type': 'application/json', 'content-length': body.length },
        timeout: MESSAGE_MS_MAX,
      });
      outgoing.once('timeout', () => outgoing.destroy(new Error('the replica does not answer')));
      outgoing.once('error', unreachable);
      outgoing.once('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX) response.destroy(new Error('the replica says too much'));
          else chunks.push(chunk);
        });
        response.once('error', unreachable);
        response.once('end', () => {
          try {
            const answer: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
            if (response.statusCode === 200) resolve(answer);
            else reject(new FailureError(failureIn(answer)));
          } catch (error) {
            unreachable(error as Error);
          }
        });
      });
      outgoing.end(body);
    });
  }
}

function failureIn(answer: unknown): Failure {
  const problem = Problem.safeParse(answer);
  if (!problem.success) return movingFailure();
  return failure(problem.data.code as Failure['code'], problem.data.detail ?? 'refused by the replica that holds it', {
    retryAfterMs: 1_000,
  });
}
