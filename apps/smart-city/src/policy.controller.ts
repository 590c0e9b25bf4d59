import {
  type Failure,
  failure,
  Name,
  type PolicyDecision,
  type PolicyRevisions,
  RpcPattern,
} from '@intendant/intent-model';
import { onlyServices } from '@intendant/nest-kit';
import { Controller, UseGuards } from '@nestjs/common';
import { Ctx, MessagePattern, Payload, RpcException, TcpContext } from '@nestjs/microservices';
import { fromEvent, type Observable, takeUntil } from 'rxjs';
import { z } from 'zod';
import { PolicyDecider } from './policies/policy-decider.js';
import { watchRevisions } from './policies/policy-watch.js';
import { type Published, TenantPolicies } from './policies/tenant-policies.js';
import { QuestionBatch, questionOf, traceOf } from './question-batch.js';

/** The bundle is left as it came: reading it is the validation's business, and nothing may be dropped before. */
const Publication = z.object({ tenantId: Name, publishedBy: Name, bundle: z.unknown() });

/** What the Runtime may ask. */
@Controller()
@UseGuards(onlyServices('runtime'))
export class PolicyController {
  constructor(
    private readonly decider: PolicyDecider,
    private readonly policies: TenantPolicies,
  ) {}

  /** One decision per question, in order; a malformed question is denied and does not spoil the others. */
  @MessagePattern(RpcPattern.decide)
  decide(@Payload() body: unknown): { decisions: PolicyDecision[] } {
    const batch = QuestionBatch.safeParse(body);
    if (!batch.success) throw new RpcException(failure('invalid_request', 'the request is no batch of questions'));
    const decisions = batch.data.questions.map((value) => {
      const question = questionOf(value);
      return question === undefined ? this.decider.refuseMalformed(traceOf(value)) : this.decider.decide(question);
    });
    return { decisions };
  }

  /** The stored revision, or why the bundle is refused. The Runtime has asked before whether the publisher may. */
  @MessagePattern(RpcPattern.publishPolicy)
  async publish(@Payload() body: unknown): Promise<Published | { failure: Failure }> {
    const publication = Publication.safeParse(body);
    if (!publication.success) return { failure: failure('invalid_request', 'the request is no publication') };
    const { tenantId, bundle, publishedBy } = publication.data;
    const outcome = await this.policies.publish(tenantId, bundle, publishedBy);
    return 'code' in outcome ? { failure: outcome } : outcome;
  }

  /** Ends with the connection: Nest does not unsubscribe for a caller that has gone. */
  @MessagePattern(RpcPattern.watchPolicy)
  watch(@Ctx() context: TcpContext): Observable<PolicyRevisions> {
    return watchRevisions(this.policies, this.decider).pipe(
      takeUntil(fromEvent(context.getSocketRef().netSocket, 'close')),
    );
  }
}
