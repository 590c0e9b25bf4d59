// How the example services read documents: text in its encoding, and processes in BPMN 2.0.
export { readDefinitions } from './bpmn-source.js';
export { type EventTrigger, triggerOf } from './event-trigger.js';
export type { ModdleElement } from './moddle-element.js';
export { type Repetition, repetitionOf } from './repetition.js';
export { decodeText, decodeXml } from './text-encoding.js';
