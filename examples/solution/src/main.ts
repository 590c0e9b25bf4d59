import { runParticipant } from '@intendant/participant';
import { SolutionParticipant, solutionCapabilities } from './index.js';

await runParticipant({ service: 'solution', participant: SolutionParticipant, capabilities: solutionCapabilities });
