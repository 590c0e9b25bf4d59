import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import { type Failure, FailureError, failure, type Replica } from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import { movingFailure } from '@intendant/partition';
import type { FastifyReply } from 'fastify';
import { type Asked, exchange, hasBody, Unanswered } from './exchange.js';
import { type Holders, MOVING_MS_MAX } from './holders.js';

/** Reads and submissions are answered at once; the time that a client wants to wait comes on top. */
const ANSWER_MS_MAX = 15_000;
/** Anything else may be a replay, which runs handlers again. */
const LONG_ANSWER_MS_MAX = 120_000;

/** The body of a submission, which was read already, and how long its client wants to wait for the end. */
export interface Submission {
  readonly body: Buffer;
  /** Whether it may be asked twice, because a key names it. */
  readonly isKeyed: boolean;
  readonly waitMs: number;
}

/**
 * Hands a request to the replica that holds its partition, and its answer back. A replica that cannot be reached has not
 * seen the request: it waits for the next holder, unless nothing new can be recorded anyway; so does one that gave the
 * partition away and says so. Once a byte was sent, only what may be asked twice goes on to the next holder, when there is
 * one; anything else is the client's to judge.
 */
export class Forwarder {
  constructor(
    private readonly agent: Agent,
    private readonly holders: Holders,
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
    /** Why nothing new can be recorded at the moment, by whatever replica, or null. */
    private readonly logRefusal: () => Failure | null = () => null,
  ) {}

  /** Resolves with true when the request was answered by another replica, false when it is to be served here. */
  async forward(
    partition: number,
    raw: IncomingMessage,
    reply: FastifyReply,
    submission?: Submission,
  ): Promise<boolean> {
    const sinceMs = this.clock.nowMs();
    const isRead = raw.method === 'GET' || raw.method === 'HEAD';
    const isKeyed = submission?.isKeyed === true;
    const answerMsMax =
      isRead || submission !== undefined ? ANSWER_MS_MAX + (submission?.waitMs ?? 0) : LONG_ANSWER_MS_MAX;
    const asked: Asked = { raw, reply, body: submission?.body, answerMsMax };
    let passedOver: Replica | undefined;
    let mayBeDone = false;
    for (;;) {
      const wanted = { not: passedOver, sinceMs, ...(isRead ? {} : { refusal: this.logRefusal }) };
      const holder = await this.holders.holderOf(partition, wanted).catch((error: unknown) => {
        throw mayBeDone ? new FailureError(unknownOutcome()) : error;
      });
      if (holder === 'self') return false;
      try {
        await exchange(asked, holder, {
          agent: this.agent,
          clock: this.clock,
          scheduler: this.scheduler,
          hasMoved: () => this.holders.hasMoved(partition, holder),
        });
        return true;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        const { ended } = error;
        if (ended === 'misdirected') {
          const isOver = !canBeSentAgain(asked) || this.clock.nowMs() - sinceMs > MOVING_MS_MAX;
          if (isOver) throw new FailureError(mayBeDone ? unknownOutcome() : movingFailure());
          // whoever gave it away may be the next one to take it: nobody is passed over
          await this.holders.lookAgain();
          continue;
        }
        const isForNext = ended === 'not reached' || (ended === 'given up' && isRead);
        const isForNewHolder = ended === 'given up' && isKeyed && this.holders.hasMoved(partition, holder);
        if (!isForNext && !isForNewHolder) throw new FailureError(unknownOutcome());
        mayBeDone ||= isForNewHolder;
        passedOver = holder;
      }
    }
  }
}

/** A body that was passed on as it came is gone. */
const canBeSentAgain = ({ raw, body }: Asked): boolean => body !== undefined || !hasBody(raw);

const unknownOutcome = () =>
  failure('outcome_unknown', 'the replica that was asked did not answer; ask again with the same key');
