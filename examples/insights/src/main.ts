import { runParticipant } from '@intendant/participant';
import { insightsCapabilities, InsightsParticipant } from './index.js';

await runParticipant({ service: 'insights', participant: InsightsParticipant, capabilities: insightsCapabilities });
