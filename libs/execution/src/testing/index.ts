export { anyCommands } from './any-commands.js';
export { History } from './history.js';
export { acceptPlan, broke, chainOf, done, planStep, signal, undone } from './saga-commands.js';
export {
  acceptCommand,
  failed,
  fired,
  needingApproval,
  sampleResult,
  succeeded,
  superseded,
} from './sample-commands.js';
