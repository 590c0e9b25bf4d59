import { randomBytes } from 'node:crypto';
import type { Intent, ParticipantCall, ParticipantResult } from '@intendant/intent-model';
import type { HandlerContext, RuntimeParticipant } from '../participant.js';
import { PROBE_INTENT, PROBE_SAGA_INTENT, sampleCall } from './behaviour.js';

type Script = (intent: Intent, context: HandlerContext) => Promise<unknown>;

/** Runs for each intent the function that its payload names, and counts the runs: for what only code in this process can do. */
export class ScriptedParticipant implements RuntimeParticipant {
  readonly #scripts = new Map<string, { script: Script; runs: number }>();

  getSupportedIntents(): readonly string[] {
    return [PROBE_INTENT, PROBE_SAGA_INTENT];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const name = intent.payload.script;
    const entry = typeof name === 'string' ? this.#scripts.get(name) : undefined;
    if (entry === undefined) throw new Error('no such script');
    entry.runs += 1;
    return (await entry.script(intent, context)) as ParticipantResult;
  }

  /** A call that runs this script, and how often the script has run. */
  script(script: Script): { call: ParticipantCall; runs: () => number } {
    const name = randomBytes(8).toString('hex');
    const entry = { script, runs: 0 };
    this.#scripts.set(name, entry);
    return { call: sampleCall({ script: name }), runs: () => entry.runs };
  }
}

/** A result whose only event carries `data`. */
export const resultOf = (data: Record<string, string | number> = {}): ParticipantResult => ({
  artifacts: [],
  events: [{ eventType: 'content.probed', data }],
  stateChanges: [],
});

/** A promise with its ends outside. */
export function gate<T = void>(): { opened: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
