import { runParticipant } from '@intendant/participant';
import { JourneyParticipant, journeyCapabilities } from './index.js';

await runParticipant({ service: 'journey', participant: JourneyParticipant, capabilities: journeyCapabilities });
