export * from './example-replies.js';
export { type Answer, type Asked, cut, events, json, problem, ScriptedServer } from './scripted-server.js';
export { VirtualTime } from './virtual-time.js';
