import { runParticipant } from '@intendant/participant';
import { ContentParticipant, contentCapabilities } from './index.js';

await runParticipant({ service: 'content', participant: ContentParticipant, capabilities: contentCapabilities });
