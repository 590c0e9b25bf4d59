import { Readable } from 'node:stream';
import { CapabilityDefinition, type ResolvedReference } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { type DataPlane, ParticipantEndpoint, StepFailure } from '@intendant/participant';
import { type Rerun, type RunAgain, replayCallOf } from '@intendant/replay';
import type { WorldService } from './saga-ground.js';

/** What a replay may read: bytes by their references, and what the log knew about the references of a call. */
export interface RecordedContent {
  readonly bytes: (ref: string) => Uint8Array | undefined;
  readonly references: (rerun: Rerun) => readonly ResolvedReference[];
}

const NOTHING: RecordedContent = { bytes: () => undefined, references: () => [] };

/** Runs recorded handlers again in the services themselves, through the SDK as a process would. */
export function rerunInMemory(services: readonly WorldService[], content: RecordedContent = NOTHING): RunAgain {
  const served = services.map((service) => {
    const definitions = service.capabilities.map((one) => CapabilityDefinition.parse(one));
    return { definitions, endpoint: endpointOf(service, definitions, content) };
  });
  return async (rerun) => {
    const { name, version } = rerun.terms.capability;
    const found = served.find(({ definitions }) =>
      definitions.some((one) => one.name === name && one.version === version),
    );
    if (found === undefined) return { status: 'not_rerun', detail: `nobody serves ${name}@${version}` };
    const dataPlane = { url: 'https://memory', grant: 'replay' };
    return found.endpoint.replay(replayCallOf(rerun, { references: content.references(rerun), dataPlane }));
  };
}

function endpointOf(
  { participant }: WorldService,
  definitions: readonly CapabilityDefinition[],
  { bytes }: RecordedContent,
): ParticipantEndpoint {
  const time = new ManualTime();
  const live = () => Promise.reject(new Error('a replay reached for something live'));
  const dataPlane: DataPlane = {
    read: async (ref) => {
      const found = bytes(ref);
      if (found === undefined) throw new StepFailure('content_not_found', `${ref} is not kept`);
      return Readable.from([found]);
    },
    write: live,
    state: live,
    report: live,
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return new ParticipantEndpoint(participant, definitions, {
    clock: time,
    scheduler: time,
    dataPlane: () => dataPlane,
    log: () => log,
  });
}
