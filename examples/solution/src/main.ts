import { runParticipant } from '@intendant/participant';
import { solutionCapabilities, SolutionParticipant } from './index.js';

await runParticipant({ service: 'solution', participant: SolutionParticipant, capabilities: solutionCapabilities });
