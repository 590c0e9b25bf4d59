import { runParticipant } from '@intendant/participant';
import { journeyCapabilities, JourneyParticipant } from './index.js';

await runParticipant({ service: 'journey', participant: JourneyParticipant, capabilities: journeyCapabilities });
