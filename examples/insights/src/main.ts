import { runParticipant } from '@intendant/participant';
import { InsightsParticipant, insightsCapabilities } from './index.js';

await runParticipant({ service: 'insights', participant: InsightsParticipant, capabilities: insightsCapabilities });
