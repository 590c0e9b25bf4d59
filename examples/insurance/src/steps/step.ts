import type { Artifact, Intent, ParticipantResult } from '@intendant/intent-model';
import type { HandlerContext } from '@intendant/participant';
import { Effects } from '../systems/effects.js';
import type { TenantSystems } from '../systems/tenant-systems.js';

/** Everything a step works with. */
export interface StepCall {
  readonly systems: TenantSystems;
  readonly effects: Effects;
  readonly intent: Intent;
  readonly context: HandlerContext;
}

export type Step = (call: StepCall) => ParticipantResult | Promise<ParticipantResult>;

export const stepCallOf = (systems: TenantSystems, intent: Intent, context: HandlerContext): StepCall => ({
  systems,
  effects: new Effects(systems, intent.intentType.slice(intent.intentType.indexOf('.') + 1), context),
  intent,
  context,
});

/** The payload; its contract was checked before the call. */
export const payloadOf = <Payload>({ intent }: StepCall): Payload => intent.payload as unknown as Payload;

type Payload = Artifact['semanticPayload'];

/** One artifact and the event that says so. */
export function resultOf(
  artifact: Pick<Artifact, 'artifactId' | 'resultType'> & {
    readonly semanticPayload: object;
    readonly renderings?: Artifact['renderings'];
    readonly parents?: readonly string[];
  },
  eventType: string,
): ParticipantResult {
  const { artifactId, resultType, semanticPayload, renderings = [], parents = [] } = artifact;
  const whole = {
    artifactId,
    resultType,
    semanticPayload: semanticPayload as Payload,
    renderings,
    parents: [...parents],
  };
  return { artifacts: [whole], events: [{ eventType, data: { artifactId } }], stateChanges: [] };
}
