export { insightsCapabilities } from './capabilities.js';
export { InsightsParticipant } from './insights.participant.js';
