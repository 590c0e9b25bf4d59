export { anyCommands } from './any-commands.js';
export { History } from './history.js';
export { acceptCommand, failed, fired, sampleResult, succeeded, superseded } from './sample-commands.js';
