import { expect } from '@jest/globals';
import { checkedCapability, resultViolations, violations } from '../../testing/contract-check.js';
import { intentOf, MemoryContext } from '../../testing/handler-context.js';
import { JourneyParticipant, journeyCapabilities } from '../src/index.js';

/** Payloads are held against their contract, then looked into freely. */
export type Json = ReturnType<typeof JSON.parse>;

const capabilities = new Map(journeyCapabilities.map((definition) => [definition.name, checkedCapability(definition)]));

export const contractOf = (intentType: string): object => capabilities.get(intentType)?.inputContract ?? {};

/** The service with a context in memory, each payload and result held against its contract. */
export class JourneyInMemory {
  readonly participant = new JourneyParticipant();
  readonly context = new MemoryContext();

  async handle(intentType: string, payload: Record<string, unknown>) {
    expect(violations(contractOf(intentType), payload)).toEqual([]);
    const result = await this.participant.handleIntent(intentOf(intentType, payload as never), this.context);
    expect(resultViolations(capabilities.get(intentType) as never, result)).toEqual([]);
    const artifact = this.context.keep(result);
    const rendering = this.context.bytes(artifact.renderings[0]?.content.ref ?? '').toString();
    return { result, artifact, rendering, payload: artifact.semanticPayload as Json };
  }

  workflowOf(xml: string | Uint8Array) {
    const workflowFileRef = this.context.store(xml).ref;
    return this.handle('journey.create_workflow', { workflowType: 'bpmn', workflowFileRef });
  }

  async sopOf(xml: string | Uint8Array, sopOptions = {}) {
    const { artifact } = await this.workflowOf(xml);
    return this.handle('journey.create_sop', { workflowId: artifact.artifactId, chatMode: false, sopOptions });
  }
}

/** A process in the prefix `bpmn2`; `a->b[name];` is a flow. */
export const processOf = (body: string): string =>
  `<bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"><bpmn2:process id="p" name="Claims">${body
    .replace(/<(\/?)(\w)/g, '<$1bpmn2:$2')
    .replace(
      /([a-z]\w*)->([a-z]\w*)(?:\[([^\]]*)\])?;/g,
      '<bpmn2:sequenceFlow id="$1_$2" sourceRef="$1" targetRef="$2" name="$3"/>',
    )}</bpmn2:process></bpmn2:definitions>`;

/** Ways of a procedure's steps in short: `yes>2`. */
export const stepsOf = ({ payload }: { payload: Json }) =>
  payload.sections[0].steps.map(({ step, kind, title, next }: Json) => [
    step,
    kind,
    title,
    next.map((way: Json) => `${way.when ?? ''}>${way.step ?? way.outcome ?? 'end'}`).join(' '),
  ]);
