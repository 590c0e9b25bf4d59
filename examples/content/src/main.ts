import { runParticipant } from '@intendant/participant';
import { contentCapabilities, ContentParticipant } from './index.js';

await runParticipant({ service: 'content', participant: ContentParticipant, capabilities: contentCapabilities });
