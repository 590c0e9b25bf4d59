import type { Principal } from '@intendant/intent-model';
import type { FastifyRequest } from 'fastify';

/** What the guard leaves on a request. */
export interface AuthenticatedRequest extends FastifyRequest {
  principal: Principal;
  correlationId: string;
}
