export { solutionCapabilities } from './capabilities.js';
export { SolutionParticipant } from './solution.participant.js';
