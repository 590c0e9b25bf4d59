export { contentCapabilities } from './capabilities.js';
export { ContentParticipant } from './content.participant.js';
