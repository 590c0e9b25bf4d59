import { Agent, request as httpsRequest } from 'node:https';
import { type Failure, FailureError, failure, Problem, type Replica } from '@intendant/intent-model';
import { clientTlsOptions, type TlsFiles } from '@intendant/nest-kit';
import type { RemoteAppends } from '@intendant/partition';
import { type Attribution, type Entry, type IndexedWal, partitionOf, type RecordDraft } from '@intendant/wal';
import type { Holders } from './holders.js';
import { appendedEntry, type LateMessage } from './link-messages.js';

/** Connections to one replica. */
const CONNECTIONS_MAX = 256;
const MESSAGE_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** Whom a request goes to, over mutual TLS between Runtimes. */
export const linkAgent = (tls: TlsFiles): Agent =>
  new Agent({ ...clientTlsOptions(tls, 'runtime'), keepAlive: true, maxSockets: CONNECTIONS_MAX });

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
  ): Promise<Entry> {
    const message = { streamId, attribution, drafts, firstSeq };
    return appendedEntry(await this.#tellHolder(streamId, '/link/append', message));
  }

  /** Has a late outcome recorded where its execution is held now. */
  async late(message: LateMessage): Promise<void> {
    await this.#tellHolder(message.executionId, '/link/late', message);
  }

  async #tellHolder(streamId: string, path: string, message: unknown): Promise<unknown> {
    const holder = await this.holders.holderOf(partitionOf(streamId, this.wal.describe().partitionCount));
    if (holder === 'self') throw new FailureError(movedFailure());
    return this.#post(holder, path, Buffer.from(JSON.stringify(message)));
  }

  #post(replica: Replica, path: string, body: Buffer): Promise<unknown> {
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

/** Its partition changed hands between two looks. */
export const movedFailure = (): Failure =>
  failure('partition_unavailable', 'the partition is changing hands', { retryAfterMs: 1_000 });

function failureIn(answer: unknown): Failure {
  const problem = Problem.safeParse(answer);
  if (!problem.success) return movedFailure();
  return failure(problem.data.code as Failure['code'], problem.data.detail ?? 'refused by the replica that holds it', {
    retryAfterMs: 1_000,
  });
}
