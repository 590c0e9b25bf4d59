export { journeyCapabilities } from './capabilities.js';
export { JourneyParticipant } from './journey.participant.js';
