import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ContentDescriptor, ReplayCall, ReplayRefusalCode } from '@intendant/intent-model';
import type { ReportAnswer } from '../durable/journal-port.js';
import type { DataPlane } from '../handler-context.js';
import { StepFailure } from '../participant.js';

/** What stopped a handler that was run again. */
export interface Refusal {
  readonly code: ReplayRefusalCode;
  readonly message: string;
}

/**
 * The data plane of a handler that runs again: content is read as it was recorded, what is written is digested and thrown
 * away, state is as it was when the step began, and everything else is refused. The first refusal is kept, whatever the
 * handler makes of it.
 */
export class ReplayDataPlane implements DataPlane {
  refusal: Refusal | null = null;

  constructor(
    private readonly recorded: Pick<DataPlane, 'read'>,
    private readonly state_: ReplayCall['state'],
  ) {}

  read(ref: string): Promise<Readable> {
    return this.recorded.read(ref);
  }

  async write(bytes: Readable | Uint8Array | string): Promise<ContentDescriptor> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const chunks = typeof bytes === 'string' || bytes instanceof Uint8Array ? [bytes] : bytes;
    for await (const chunk of chunks as AsyncIterable<Uint8Array | string>) {
      const buffer = Buffer.from(chunk as Uint8Array);
      hash.update(buffer);
      sizeBytes += buffer.length;
    }
    const sha256 = hash.digest('hex');
    return { ref: `content://${sha256}`, sha256, sizeBytes };
  }

  async state(scope: 'session' | 'execution', key: string): Promise<unknown> {
    if (scope === 'session') throw this.#refuse('state_not_recorded', `what ${key} of the session was is not recorded`);
    // a copy for each who asks, as a live call gives it
    return structuredClone(this.state_.find((one) => one.key === key)?.value ?? null);
  }

  async report(): Promise<ReportAnswer> {
    throw this.#refuse('live_effect_refused', 'a replay records nothing');
  }

  #refuse(code: ReplayRefusalCode, message: string): StepFailure {
    this.refusal ??= { code, message };
    return new StepFailure(code, message);
  }
}
